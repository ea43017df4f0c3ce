"""Recurrent networks as scikit-learn regressors and classifiers of sequences."""

from tsrnn.sequence.estimators import (
    ElmanRNNClassifier,
    ElmanRNNRegressor,
    GRUClassifier,
    GRURegressor,
    LSTMClassifier,
    LSTMRegressor,
)

__all__ = [
    "ElmanRNNClassifier",
    "ElmanRNNRegressor",
    "GRUClassifier",
    "GRURegressor",
    "LSTMClassifier",
    "LSTMRegressor",
]
