"""A lexicon -> composed sentences of known stance, for a first training on polarity."""
