"""Elman's cell: one hidden layer whose activations are fed back.

    a_t = W_hx x_t + W_hh h_{t-1} + b_h                                                 (1)
    h_t = sigma(a_t)                                                                    (2)

with W_hx (D, p), W_hh (D, D), b_h (D,) and sigma the hyperbolic tangent, the rectifier, the
logistic function or the identity. Every sigma has a derivative that is a function of its value, so
the adjoint needs h_t and not a_t. The cell has no output of its own. Source: Elman, Finding
structure in time, Cognitive Science 14 (1990).
"""

from __future__ import annotations

import math

from tsrnn._cell import Cell, Parameter, adjoint_kernel, step_kernel
from tsrnn._compile import inlined
from tsrnn._network_cell import NetworkCell, unit_kernel
from tsrnn._simd import load, logistic, rectify, store, tanh, where_positive


@inlined
def _preactivate(theta, x, h, a, p, S, n_lanes, B):
    """Write (1) into a; theta holds W_hx, W_hh, b_h row by row."""
    recurrent = S * p
    bias = recurrent + S * S
    for i in range(S):
        for b in range(n_lanes):
            a[i * B + b] = theta[bias + i]
        for j in range(p):
            weight = theta[i * p + j]
            for b in range(n_lanes):
                a[i * B + b] += weight * x[j * B + b]
        for j in range(S):
            weight = theta[recurrent + i * S + j]
            for b in range(n_lanes):
                a[i * B + b] += weight * h[j * B + b]


@inlined
def _preactivate_adjoint(theta, x, h, d_a, d_h, d_x, d_theta, p, S, n_lanes, B):
    """Take the gradient with respect to a_t to h_{t-1}, x_t and theta: the adjoint of (1)."""
    recurrent = S * p
    bias = recurrent + S * S
    for j in range(p):
        for b in range(n_lanes):
            d_x[j * B + b] = 0.0
    for j in range(S):
        for b in range(n_lanes):
            d_h[j * B + b] = 0.0
    for i in range(S):
        for b in range(n_lanes):
            d_theta[bias + i] += d_a[i * B + b]
        for j in range(p):
            k = i * p + j
            for b in range(n_lanes):
                d_theta[k] += d_a[i * B + b] * x[j * B + b]
                d_x[j * B + b] += theta[k] * d_a[i * B + b]
        for j in range(S):
            k = recurrent + i * S + j
            for b in range(n_lanes):
                d_theta[k] += d_a[i * B + b] * h[j * B + b]
                d_h[j * B + b] += theta[k] * d_a[i * B + b]


# For each sigma its step and, right beneath, the adjoint, which turns the gradient with respect to
# h_t into that with respect to a_t in place.


@step_kernel
def _tanh_step(theta, x, h, h_new, out, p, S, n_lanes, B):
    _preactivate(theta, x, h, h_new, p, S, n_lanes, B)
    for i in range(S):
        for b in range(n_lanes):
            h_new[i * B + b] = math.tanh(h_new[i * B + b])


@adjoint_kernel
def _tanh_adjoint(theta, x, h, h_new, out, d_h_new, d_out, d_h, d_x, d_theta, p, S, n_lanes, B):
    for i in range(S):
        for b in range(n_lanes):
            d_h_new[i * B + b] *= 1.0 - h_new[i * B + b] * h_new[i * B + b]
    _preactivate_adjoint(theta, x, h, d_h_new, d_h, d_x, d_theta, p, S, n_lanes, B)


@step_kernel
def _relu_step(theta, x, h, h_new, out, p, S, n_lanes, B):
    _preactivate(theta, x, h, h_new, p, S, n_lanes, B)
    for i in range(S):
        for b in range(n_lanes):
            # Written so that NaN, which is not <= 0, stays NaN.
            h_new[i * B + b] = 0.0 if h_new[i * B + b] <= 0.0 else h_new[i * B + b]


@adjoint_kernel
def _relu_adjoint(theta, x, h, h_new, out, d_h_new, d_out, d_h, d_x, d_theta, p, S, n_lanes, B):
    for i in range(S):
        for b in range(n_lanes):
            d_h_new[i * B + b] = 0.0 if h_new[i * B + b] <= 0.0 else d_h_new[i * B + b]
    _preactivate_adjoint(theta, x, h, d_h_new, d_h, d_x, d_theta, p, S, n_lanes, B)


@step_kernel
def _logistic_step(theta, x, h, h_new, out, p, S, n_lanes, B):
    _preactivate(theta, x, h, h_new, p, S, n_lanes, B)
    for i in range(S):
        for b in range(n_lanes):
            # By way of tanh, which cannot overflow.
            h_new[i * B + b] = 0.5 + 0.5 * math.tanh(0.5 * h_new[i * B + b])


@adjoint_kernel
def _logistic_adjoint(theta, x, h, h_new, out, d_h_new, d_out, d_h, d_x, d_theta, p, S, n_lanes, B):
    for i in range(S):
        for b in range(n_lanes):
            d_h_new[i * B + b] *= h_new[i * B + b] * (1.0 - h_new[i * B + b])
    _preactivate_adjoint(theta, x, h, d_h_new, d_h, d_x, d_theta, p, S, n_lanes, B)


@step_kernel
def _identity_step(theta, x, h, h_new, out, p, S, n_lanes, B):
    _preactivate(theta, x, h, h_new, p, S, n_lanes, B)


@adjoint_kernel
def _identity_adjoint(theta, x, h, h_new, out, d_h_new, d_out, d_h, d_x, d_theta, p, S, n_lanes, B):
    _preactivate_adjoint(theta, x, h, d_h_new, d_h, d_x, d_theta, p, S, n_lanes, B)


_KERNELS = {
    "tanh": (_tanh_step, _tanh_adjoint),
    "relu": (_relu_step, _relu_adjoint),
    "logistic": (_logistic_step, _logistic_adjoint),
    "identity": (_identity_step, _identity_adjoint),
}


def elman(activation: str, n_inputs: int = 2, n_hidden: int = 3) -> Cell:
    """Make Elman's cell with the given activation and sizes."""
    step, adjoint = _KERNELS[activation]
    return Cell(
        name=f"elman_{activation}",
        parameters=(
            Parameter("W_hx", (n_hidden, n_inputs)),
            Parameter("W_hh", (n_hidden, n_hidden)),
            Parameter("b_h", (n_hidden,)),
        ),
        n_inputs=n_inputs,
        n_outputs=0,
        state_names=tuple(f"h{i}" for i in range(n_hidden)),
        step=step,
        adjoint=adjoint,
        own_parameters=False,
    )


# For each sigma again, on rows of lanes, for layers of a network.


@unit_kernel
def _tanh_units(gates, h, c, h_new, c_new, D):
    for j in range(D):
        value = tanh(load(gates, j))
        store(gates, j, value)
        store(h_new, j, value)


@unit_kernel
def _tanh_units_adjoint(gates, h, c, d_h, d_c, D):
    for j in range(D):
        value = load(gates, j)
        store(gates, j, load(d_h, j) * (1.0 - value * value))


@unit_kernel
def _relu_units(gates, h, c, h_new, c_new, D):
    for j in range(D):
        value = rectify(load(gates, j))
        store(gates, j, value)
        store(h_new, j, value)


@unit_kernel
def _relu_units_adjoint(gates, h, c, d_h, d_c, D):
    for j in range(D):
        store(gates, j, where_positive(load(gates, j), load(d_h, j)))


@unit_kernel
def _logistic_units(gates, h, c, h_new, c_new, D):
    for j in range(D):
        value = logistic(load(gates, j))
        store(gates, j, value)
        store(h_new, j, value)


@unit_kernel
def _logistic_units_adjoint(gates, h, c, d_h, d_c, D):
    for j in range(D):
        value = load(gates, j)
        store(gates, j, load(d_h, j) * value * (1.0 - value))


@unit_kernel
def _identity_units(gates, h, c, h_new, c_new, D):
    for j in range(D):
        store(h_new, j, load(gates, j))


@unit_kernel
def _identity_units_adjoint(gates, h, c, d_h, d_c, D):
    for j in range(D):
        store(gates, j, load(d_h, j))


ELMAN = {
    activation: NetworkCell(
        name=f"elman_{activation}",
        gate_names=("h",),
        step=step,
        adjoint=adjoint,
        x_blocks=(0,),
        h_blocks=(0,),
        n_blocks=1,
        n_saved=1,
    )
    for activation, step, adjoint in (
        ("tanh", _tanh_units, _tanh_units_adjoint),
        ("relu", _relu_units, _relu_units_adjoint),
        ("logistic", _logistic_units, _logistic_units_adjoint),
        ("identity", _identity_units, _identity_units_adjoint),
    )
}
