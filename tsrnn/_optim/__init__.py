"""Minimisers that know no cell: SciPy's methods, mini-batches, training and its watch."""
