"""Forecasts from lag windows written as obvious loops, for the tests of RNNForecaster."""

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin


class Recorder(RegressorMixin, BaseEstimator):
    """Keeps what it is trained on, and predicts a fixed combination of what it reads."""

    def __init__(self, weights=(0.5,), reads_sequences=False, n_jobs=None):
        self.weights = weights
        self.reads_sequences = reads_sequences
        self.n_jobs = n_jobs

    def fit(self, X, y):
        self.X_, self.y_ = X.copy(), y.copy()
        return self

    def predict(self, X):
        flat = X.reshape(len(X), -1)
        weights = np.resize(self.weights, (flat.shape[1], *self.y_.shape[1:]))
        return flat @ weights

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = self.reads_sequences
        return tags


def mean_change(y):
    """Of the observed values of a series."""
    seen = [value for value in y if not np.isnan(value)]
    return np.mean([abs(b - a) for a, b in zip(seen[:-1], seen[1:], strict=True)])


def units_of(window, change):
    """Level and spread of a window."""
    own = np.mean([abs(b - a) for a, b in zip(window[:-1], window[1:], strict=True)])
    return window[-1], max(own, 0.1 * change)


def training_pairs(series, window, n_ahead=1):
    """Windows and targets of series (a list), relative, where nothing is missing; not cut off."""
    X, Y = [], []
    for y in series:
        change = mean_change(y)
        for start in range(len(y) - window - n_ahead + 1):
            stretch = np.array(y[start : start + window + n_ahead])
            if np.isnan(stretch).any():
                continue
            level, spread = units_of(stretch[:window], change)
            X.append((stretch[:window] - level) / spread)
            Y.append((stretch[window:] - level) / spread)
    return np.array(X), np.array(Y)


def cut_off(Y, limit=3.0):
    """Targets no larger than so many root mean squares, in which none counts more than 20."""
    largest = limit * np.sqrt(np.mean(np.clip(Y, -20.0, 20.0) ** 2, axis=0))
    return np.clip(Y, -largest, largest)


def forecast(predict, y, window, horizon):
    """Go on from a series by its own predictions: predict takes one relative window."""
    change, values = mean_change(y), list(y)
    largest = np.inf
    for _ in range(horizon):
        level, spread = units_of(values[-window:], change)
        if largest == np.inf:
            largest = 1.5 * max(spread, change)
        relative = (np.array(values[-window:]) - level) / spread
        values.extend(level + min(spread, largest) * np.ravel(predict(relative)))
    return np.array(values[len(y) : len(y) + horizon])


def one_step(predict, y, window):
    """The prediction of every value from the window before it."""
    predictions = np.full(len(y), np.nan)
    for t in range(window, len(y)):
        level, spread = units_of(y[t - window : t], mean_change(y))
        relative = (np.array(y[t - window : t]) - level) / spread
        predictions[t] = level + spread * np.ravel(predict(relative))[0]
    return predictions
