"""Measurements against stated bars; timings and long trainings live here, never in the tests."""
