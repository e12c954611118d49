"""Dataset -> model folder."""
