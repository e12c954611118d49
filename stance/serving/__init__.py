"""A model folder -> an HTTP API and a page: predictions for programs, and for people who write none."""
