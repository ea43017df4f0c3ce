"""Predictions of one estimator again and again, as step by step into the future."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from tsrnn._input.notes import warn_user
from tsrnn._input.sequences import Sequences
from tsrnn.sequence.regressor import NumberRegressor


@contextmanager
def repeated_predictions(estimator: Any) -> Iterator[Callable[[np.ndarray], np.ndarray]]:
    """Lend the `predict` of a fitted regressor, without what need not be done at every call.

    Of a sequence regressor the network is made ready once, and what is read is not checked: the
    caller answers for it. Any other regressor's `predict` is lent as it is. Predictions are the
    same to the last bit.

    Parameters
    ----------
    estimator : regressor
        Fitted, with one target a sequence. The function that is lent takes a float32 array
        (n_samples, n_timesteps) or (n_samples, n_timesteps, n_features), finite, and shaped as at
        `fit`; that of another regressor whatever it takes.
    """
    if getattr(type(estimator), "predict", None) is not NumberRegressor.predict:
        yield estimator.predict
        return
    theta = estimator._network.pack(estimator.weights_, np.dtype(np.float32))
    targets, layout = estimator._targets, estimator._target_layout
    is_told = False
    with estimator._engine() as engine:

        def predict(X: np.ndarray) -> np.ndarray:
            nonlocal is_told
            n_samples, n_timesteps = X.shape[:2]
            values = np.ascontiguousarray(X).reshape(n_samples * n_timesteps, -1)
            offsets = np.arange(n_samples + 1, dtype=np.int64) * n_timesteps
            sequences = Sequences(values, offsets, True)
            scaled = sequences.scaled(estimator.input_center_, estimator.input_spread_)
            outputs = engine.predict(theta, scaled)
            made = targets.decoded(outputs)
            if not is_told and not (np.isfinite(outputs).all() and np.isfinite(made).all()):
                is_told = True
                warn_user("the network's output is not finite: it explodes", RuntimeWarning)
            return layout.arranged(made, sequences)

        yield predict
