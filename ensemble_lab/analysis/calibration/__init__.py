"""How far probabilities can be believed, and the temperature that mends them."""
