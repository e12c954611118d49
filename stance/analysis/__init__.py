"""Predictions over a corpus -> who stands where, how much, since when, with intervals that hold."""
