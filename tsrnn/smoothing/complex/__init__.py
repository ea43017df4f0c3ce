"""Complex exponential smoothing: its forms, how they are fitted, and the forecaster."""
