"""The hidden layer with an activation of the user's own: loops over time in Python.

    a_t = W_hx x_t + W_hh h_{t-1} + b_h,  h_t = f(a_t)                                  (1)

and back, with g_t = dL/dh_t, which is what the loss says of h_t and what step t + 1 hands down,

    dL/da_t = f'(a_t) g_t,  dL/dh_{t-1} = W_hh' dL/da_t.                                 (2)
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tsrnn._recurrent.activations import Activation

Weights = Mapping[str, np.ndarray]


def run_layer(
    activation: Activation, weights: Weights, x: np.ndarray, h: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Read sequences (B, T, p) from h_{-1} = h (d,): return preactivations and states (B, T, d)."""
    a = x @ weights["W_hx"].T + weights["b_h"]
    states = np.empty_like(a)
    with np.errstate(over="ignore", invalid="ignore"):
        for t in range(x.shape[1]):
            a[:, t] += h @ weights["W_hh"].T
            h = states[:, t] = activation.value(a[:, t])  # (1)
    return a, states


def layer_gradient(
    activation: Activation,
    weights: Weights,
    x: np.ndarray,
    a: np.ndarray,
    states: np.ndarray,
    d_states: np.ndarray,
    bptt_steps: int | None,
) -> dict[str, np.ndarray]:
    """Return the gradient of W_hx, W_hh, b_h and h_init, given what the loss says of each state.

    Gradients are cut at every `bptt_steps` before the end.
    """
    B, T, d = states.shape
    d_a, g = np.empty_like(a), np.zeros((B, d))
    with np.errstate(over="ignore", invalid="ignore"):
        for t in reversed(range(T)):
            g = g + d_states[:, t]
            d_a[:, t] = activation.pulled_back(a[:, t], states[:, t], g)
            g = d_a[:, t] @ weights["W_hh"]  # (2)
            if bptt_steps is not None and t > 0 and (T - t) % bptt_steps == 0:
                g = np.zeros((B, d))
        first = np.broadcast_to(weights["h_init"], (B, 1, d))
        before = np.concatenate([first, states[:, :-1]], axis=1)
        return {
            "W_hx": np.tensordot(d_a, x, ([0, 1], [0, 1])),
            "W_hh": np.tensordot(d_a, before, ([0, 1], [0, 1])),
            "b_h": d_a.sum(axis=(0, 1)),
            "h_init": g.sum(axis=0),
        }
