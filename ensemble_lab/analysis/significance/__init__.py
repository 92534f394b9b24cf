"""How sure a number of errors is, and whether two of them differ by more than chance."""
