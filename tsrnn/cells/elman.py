"""Elman's cell: one hidden layer whose activations are fed back.

    a_t = W_hx x_t + b_h + W_hh h_{t-1}                                                 (1)
    h_t = sigma(a_t)                                                                    (2)

with sigma the hyperbolic tangent, the rectifier, the logistic function or the identity, and one
gate. Every sigma has a derivative that is a function of its value, so the adjoint needs h_t and not
a_t. Source: Elman, Finding structure in time, Cognitive Science 14 (1990).
"""

from __future__ import annotations

from tsrnn._compute.simd import load, logistic, rectify, store, tanh, where_positive
from tsrnn.cells.network_cell import NetworkCell, unit_kernel

# For each sigma its step (2) and, right beneath, the adjoint.


@unit_kernel
def _tanh_step(gates, h, c, h_new, c_new, D):
    for j in range(D):
        value = tanh(load(gates, j))
        store(gates, j, value)
        store(h_new, j, value)


@unit_kernel
def _tanh_adjoint(gates, h, c, d_h, d_c, D):
    for j in range(D):
        value = load(gates, j)
        store(gates, j, load(d_h, j) * (1.0 - value * value))


@unit_kernel
def _relu_step(gates, h, c, h_new, c_new, D):
    for j in range(D):
        value = rectify(load(gates, j))
        store(gates, j, value)
        store(h_new, j, value)


@unit_kernel
def _relu_adjoint(gates, h, c, d_h, d_c, D):
    for j in range(D):
        store(gates, j, where_positive(load(gates, j), load(d_h, j)))


@unit_kernel
def _logistic_step(gates, h, c, h_new, c_new, D):
    for j in range(D):
        value = logistic(load(gates, j))
        store(gates, j, value)
        store(h_new, j, value)


@unit_kernel
def _logistic_adjoint(gates, h, c, d_h, d_c, D):
    for j in range(D):
        value = load(gates, j)
        store(gates, j, load(d_h, j) * value * (1.0 - value))


@unit_kernel
def _identity_step(gates, h, c, h_new, c_new, D):
    for j in range(D):
        store(h_new, j, load(gates, j))


@unit_kernel
def _identity_adjoint(gates, h, c, d_h, d_c, D):
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
        ("tanh", _tanh_step, _tanh_adjoint),
        ("relu", _relu_step, _relu_adjoint),
        ("logistic", _logistic_step, _logistic_adjoint),
        ("identity", _identity_step, _identity_adjoint),
    )
}
