"""The gated recurrent unit, reset after the product.

    r_t = sigma(W_rx x_t + b_r + W_rh h_{t-1})                                          (1)
    z_t = sigma(W_zx x_t + b_z + W_zh h_{t-1})                                          (2)
    q_t = W_nh h_{t-1} + b_hn                                                           (3)
    n_t = tanh(W_nx x_t + b_n + r_t q_t)                                                (4)
    h_t = (1 - z_t) n_t + z_t h_{t-1}                                                   (5)

with sigma the logistic function and products of vectors taken unit by unit. W_hx, W_hh and b_h hold
the gates in the order r, z, n; the bias inside of the reset, b_hn, is an array of its own. The
reset gate acts on the product with W_nh, after it, so that one product a step serves all gates: the
only form in PyTorch, and the default in Keras (`reset_after=True`). The form that resets h_{t-1}
before the product would need a second one that waits for the first, and is not offered. Source: Cho
et al., Learning phrase representations using RNN encoder-decoder for statistical machine
translation (2014), who reset before.
"""

from __future__ import annotations

from tsrnn._compute.simd import load, logistic, store, tanh
from tsrnn.cells.network_cell import NetworkCell, unit_kernel

# Rows of a_t: n's part of the input, r, z, n's part of the state (3).


@unit_kernel
def _step(gates, h, c, h_new, c_new, D):
    for j in range(D):
        r = logistic(load(gates, D + j))  # (1)
        z = logistic(load(gates, 2 * D + j))  # (2)
        n = tanh(load(gates, j) + r * load(gates, 3 * D + j))  # (4)
        store(gates, j, n)
        store(gates, D + j, r)
        store(gates, 2 * D + j, z)
        store(h_new, j, n + z * (load(h, j) - n))  # (5)


@unit_kernel
def _adjoint(gates, h, c, d_h, d_c, D):
    for j in range(D):
        n, r = load(gates, j), load(gates, D + j)
        z, q = load(gates, 2 * D + j), load(gates, 3 * D + j)
        d_new = load(d_h, j)
        d_n = d_new * (1.0 - z) * (1.0 - n * n)
        store(gates, j, d_n)
        store(gates, D + j, d_n * q * r * (1.0 - r))
        store(gates, 2 * D + j, d_new * (load(h, j) - n) * z * (1.0 - z))
        store(gates, 3 * D + j, d_n * r)
        store(d_h, j, d_new * z)


GRU = NetworkCell(
    name="gru",
    gate_names=("r", "z", "n"),
    step=_step,
    adjoint=_adjoint,
    x_blocks=(2, 0, 1),
    h_blocks=(0, 1, 2),
    n_blocks=4,
    n_saved=4,
    feeds_h=True,
)
