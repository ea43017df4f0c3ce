"""Recurrent networks as scikit-learn regressors and classifiers of sequences."""

from tsrnn.sequence.elman import ElmanRNNClassifier, ElmanRNNRegressor
from tsrnn.sequence.gru import GRUClassifier, GRURegressor
from tsrnn.sequence.lstm import LSTMClassifier, LSTMRegressor

__all__ = [
    "ElmanRNNClassifier",
    "ElmanRNNRegressor",
    "GRUClassifier",
    "GRURegressor",
    "LSTMClassifier",
    "LSTMRegressor",
]
