"""A training, from its first update to its last, interrupted or not."""
