"""The network that is trained where none is given, and how long it is trained for.

An epoch over the windows of one short series is a single step of the optimiser, over those of
thousands of series hundreds. So patience and the longest training are counted in steps, where these
are more than the epochs that are usual. And a tenth of few windows, drawn at random, overlaps with
the others and says next to nothing: of few the last fifth of each series is held back to stop by.
"""

from __future__ import annotations

import numpy as np

from tsrnn.sequence.elman import ElmanRNNRegressor

# Windows in a batch.
_BATCH = 200

# Epochs without a better loss, and in all; and at least so many steps.
_PATIENCE, _PATIENT_STEPS = 10, 100
_EPOCHS, _STEPS = 200, 1000

# Windows of which a tenth is enough to stop by, and the share of fewer.
_MANY = 1000
_SHARE = 0.2


def default_network() -> ElmanRNNRegressor:
    """Return the network, not trained."""
    return ElmanRNNRegressor(
        hidden_layer_sizes=16, learning_rate_init=0.003, early_stopping=True, init="holt"
    )


def fit_default(
    network: ElmanRNNRegressor, X: np.ndarray, y: np.ndarray, series: np.ndarray
) -> None:
    """Train the network on windows X with targets y, in the order of time of each series.

    Parameters
    ----------
    network : ElmanRNNRegressor
        Of `default_network`; its random_state and n_jobs are the caller's.
    X, y : arrays with n rows
    series : (n,) int array
        Of each window, ascending.
    """
    n_windows = len(X)
    _, first, counts = np.unique(series, return_index=True, return_counts=True)
    left = np.repeat(first + counts, counts) - np.arange(n_windows)
    n_held = np.where(counts > 1, np.ceil(_SHARE * counts), 0).astype(np.int64)
    is_held = left <= np.repeat(n_held, counts)
    by_time = n_windows < _MANY and is_held.any()
    n_steps = -(-(n_windows - is_held.sum() if by_time else n_windows) // _BATCH)
    network.set_params(
        n_iter_no_change=max(_PATIENCE, -(-_PATIENT_STEPS // n_steps)),
        max_iter=max(_EPOCHS, -(-_STEPS // n_steps)),
    )
    if by_time:
        network.fit(X[~is_held], y[~is_held], X_val=X[is_held], y_val=y[is_held])
    else:
        network.fit(X, y)
