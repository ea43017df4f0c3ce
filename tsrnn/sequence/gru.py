"""Gated recurrent units that read a sequence step by step, as a regressor and a classifier."""

from __future__ import annotations

from tsrnn.sequence.classifier import SequenceClassifier
from tsrnn.sequence.docs import CellText, documented
from tsrnn.sequence.recurrent_regressor import SequenceRegressor

_TEXT = CellText(
    gates="(3 D, p), (3 D, D) and (3 D,), gates r, z, n, and `b_hn` (D,)",
    equations=r"""
Each layer reads

.. math::

    r_t &= \sigma(W_{rx} x_t + b_r + W_{rh} h_{t-1}) \\
    z_t &= \sigma(W_{zx} x_t + b_z + W_{zh} h_{t-1}) \\
    n_t &= \tanh(W_{nx} x_t + b_n + r_t (W_{nh} h_{t-1} + b_{hn})) \\
    h_t &= (1 - z_t) n_t + z_t h_{t-1}

with :math:`\sigma` the logistic function and :math:`h_{-1} = 0`: the reset gate acts after the
product, as in PyTorch, and in Keras by default.
""".strip(),
    references="""
.. [1] Glorot, X., Bengio, Y., Understanding the difficulty of training deep feedforward neural
   networks, AISTATS (2010).
.. [2] Cho, K. et al., Learning phrase representations using RNN encoder-decoder for statistical
   machine translation, EMNLP (2014).
""".strip(),
)


@documented(_TEXT, kind="regressor")
class GRURegressor(SequenceRegressor):
    r"""Predict numbers from sequences by a network of gated recurrent units [2]_.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    Notes
    -----
    {equations}

    {notes}

    References
    ----------
    {references}

    Examples
    --------
    Sequences of unequal lengths, with the mean of each as its target:

    >>> import numpy as np
    >>> from tsrnn import GRURegressor
    >>> rng = np.random.default_rng(0)
    >>> lengths = rng.integers(3, 20, 200)
    >>> X = [rng.standard_normal(length) + rng.standard_normal() for length in lengths]
    >>> y = [sequence.mean() for sequence in X]
    >>> model = GRURegressor(hidden_layer_sizes=8, random_state=0).fit(X[:150], y[:150])
    >>> model.score(X[150:], y[150:]) > 0.9
    True
    """

    cell_name = _kind_of_cell = "gru"


@documented(_TEXT, kind="classifier")
class GRUClassifier(SequenceClassifier):
    r"""Tell the classes of sequences by a network of gated recurrent units [2]_.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    Notes
    -----
    {equations}

    {notes}

    References
    ----------
    {references}

    Examples
    --------
    Which of three steps has the peak:

    >>> import numpy as np
    >>> from tsrnn import GRUClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.uniform(size=(300, 3))
    >>> y = np.array(["first", "second", "third"])[X.argmax(axis=1)]
    >>> model = GRUClassifier(hidden_layer_sizes=16, max_iter=500, random_state=0)
    >>> model.fit(X[:250], y[:250]).score(X[250:], y[250:]) > 0.9
    True
    """

    cell_name = _kind_of_cell = "gru"
