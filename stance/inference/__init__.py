"""Model folder + text -> predictions."""
