"""Recurrent and dense networks as scikit-learn regressors and classifiers of sequences."""

from tsrnn.sequence.classifier import SequenceClassifier
from tsrnn.sequence.dense import DenseWindowRegressor
from tsrnn.sequence.elman import ElmanRNNClassifier, ElmanRNNRegressor
from tsrnn.sequence.gru import GRUClassifier, GRURegressor
from tsrnn.sequence.lstm import LSTMClassifier, LSTMRegressor
from tsrnn.sequence.recurrent_regressor import SequenceRegressor

__all__ = [
    "DenseWindowRegressor",
    "ElmanRNNClassifier",
    "ElmanRNNRegressor",
    "GRUClassifier",
    "GRURegressor",
    "LSTMClassifier",
    "LSTMRegressor",
    "SequenceClassifier",
    "SequenceRegressor",
]
