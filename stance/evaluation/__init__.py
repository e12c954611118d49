"""Predictions + gold -> report."""
