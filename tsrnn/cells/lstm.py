"""The long short-term memory: a cell state that is added to, and gates on all that goes in and out.

    i_t = sigma(W_ix x_t + b_i + W_ih h_{t-1})                                          (1)
    f_t = sigma(W_fx x_t + b_f + W_fh h_{t-1})                                          (2)
    g_t = tanh(W_gx x_t + b_g + W_gh h_{t-1})                                           (3)
    o_t = sigma(W_ox x_t + b_o + W_oh h_{t-1})                                          (4)
    c_t = f_t c_{t-1} + i_t g_t                                                         (5)
    h_t = o_t tanh(c_t)                                                                 (6)

with sigma the logistic function and products of vectors taken unit by unit. W_hx, W_hh and b_h hold
the gates in the order i, f, g, o, which is that of PyTorch and of Keras. Sources: Hochreiter and
Schmidhuber, Long short-term memory, Neural Computation 9 (1997); the forget gate f: Gers,
Schmidhuber and Cummins, Learning to forget, Neural Computation 12 (2000).
"""

from __future__ import annotations

from tsrnn._compute.simd import load, logistic, store, tanh
from tsrnn.cells.network_cell import NetworkCell, unit_kernel


@unit_kernel
def _step(gates, h, c, h_new, c_new, D):
    for j in range(D):
        i = logistic(load(gates, j))  # (1)
        f = logistic(load(gates, D + j))  # (2)
        g = tanh(load(gates, 2 * D + j))  # (3)
        o = logistic(load(gates, 3 * D + j))  # (4)
        cell = f * load(c, j) + i * g  # (5)
        tanh_c = tanh(cell)
        store(gates, j, i)
        store(gates, D + j, f)
        store(gates, 2 * D + j, g)
        store(gates, 3 * D + j, o)
        store(gates, 4 * D + j, tanh_c)
        store(c_new, j, cell)
        store(h_new, j, o * tanh_c)  # (6)


@unit_kernel
def _adjoint(gates, h, c, d_h, d_c, D):
    for j in range(D):
        i, f = load(gates, j), load(gates, D + j)
        g, o = load(gates, 2 * D + j), load(gates, 3 * D + j)
        tanh_c = load(gates, 4 * D + j)
        d_new = load(d_h, j)
        d_cell = load(d_c, j) + d_new * o * (1.0 - tanh_c * tanh_c)
        store(gates, j, d_cell * g * i * (1.0 - i))
        store(gates, D + j, d_cell * load(c, j) * f * (1.0 - f))
        store(gates, 2 * D + j, d_cell * i * (1.0 - g * g))
        store(gates, 3 * D + j, d_new * tanh_c * o * (1.0 - o))
        store(d_c, j, d_cell * f)


LSTM = NetworkCell(
    name="lstm",
    gate_names=("i", "f", "g", "o"),
    step=_step,
    adjoint=_adjoint,
    x_blocks=(0, 1, 2, 3),
    h_blocks=(0, 1, 2, 3),
    n_blocks=4,
    n_saved=5,
    has_c=True,
)
