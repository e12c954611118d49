"""Sentences x targets -> votes -> gold."""
