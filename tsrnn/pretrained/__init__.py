"""A network that was trained on synthetic series beforehand, and forecasts without training."""
