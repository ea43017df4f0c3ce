"""The search of one series by a SciPy method."""
