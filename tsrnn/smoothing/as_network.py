"""Linear smoothers as networks with identity activation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tsrnn._scan.linear import linear_forms
from tsrnn.network import RNN

if TYPE_CHECKING:
    from tsrnn.forecasting.forecaster import Forecaster
    from tsrnn.smoothing.smoothers import SmootherBatch


def as_network(forecaster: Forecaster, smoothers: Sequence[SmootherBatch]) -> RNN:
    """Lay linear smoothers out as weights: h_t = (F - g w') h_{t-1} + g x_t, y_t = w' h_t.

    Parameters
    ----------
    forecaster : Forecaster
        Fitted.
    smoothers : sequence of SmootherBatch
        Of each series one.
    """
    from scipy.linalg import block_diag

    if forecaster.n_features_in_ > 0:
        raise TypeError(
            f"to_rnn has no input for the {forecaster.n_features_in_} regressors of this fit: "
            "subtract X @ coef_ from the series and fit that"
        )
    transitions, gains, observations, starts = [], [], [], []
    for i, one in enumerate(smoothers):
        if not one.structure.is_linear:
            raise TypeError(
                "to_rnn is for linear smoothers: the multiplicative season (seasonal='mul') of "
                f"series {i} has no weights; use seasonal='add'"
            )
        kept = one.structure.kept
        transition, gain, observation = linear_forms(one.structure.cell, one.theta)
        transitions.append(transition[0][np.ix_(kept, kept)])
        gains.append(gain[0, kept])
        observations.append(observation[0, kept])
    for states in np.atleast_1d(forecaster.initial_state_):
        starts.append(np.ravel(states))
    network = RNN(len(gains), sum(gain.size for gain in gains), len(gains), "identity")
    network.W_hx = block_diag(*[gain[:, None] for gain in gains])
    network.W_hh = block_diag(
        *[
            transition - np.outer(gain, observation)
            for transition, gain, observation in zip(transitions, gains, observations, strict=True)
        ]
    )
    network.W_yh = block_diag(*[observation[None, :] for observation in observations])
    network.b_h = np.zeros(network.n_hidden)
    network.b_y = np.zeros(network.n_outputs)
    network.h_init = np.concatenate(starts)
    return network
