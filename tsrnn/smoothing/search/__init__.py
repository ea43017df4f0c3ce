"""The search for a smoother's parameters: where it starts, compiled or by SciPy's methods."""
