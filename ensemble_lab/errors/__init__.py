"""The examples that a vote gets wrong: their catalogue, and questions asked of it."""
