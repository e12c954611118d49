"""Model folder -> portable bundle."""
