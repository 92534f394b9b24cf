"""Which members shall vote, and what picking them on the test set would buy."""
