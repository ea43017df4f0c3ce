"""A network that was trained on synthetic series beforehand, and forecasts without training."""

from tsrnn.pretrained.forecaster import PretrainedRNNForecaster

__all__ = ["PretrainedRNNForecaster"]
