"""Long short-term memory that reads a sequence step by step, as a regressor and a classifier."""

from __future__ import annotations

from tsrnn.sequence.classifier import SequenceClassifier
from tsrnn.sequence.docs import CellText, documented
from tsrnn.sequence.recurrent_regressor import SequenceRegressor

_TEXT = CellText(
    gates="(4 D, p), (4 D, D) and (4 D,), gates i, f, g, o",
    equations=r"""
Each layer reads

.. math::

    i_t &= \sigma(W_{ix} x_t + b_i + W_{ih} h_{t-1}) \\
    f_t &= \sigma(W_{fx} x_t + b_f + W_{fh} h_{t-1}) \\
    g_t &= \tanh(W_{gx} x_t + b_g + W_{gh} h_{t-1}) \\
    o_t &= \sigma(W_{ox} x_t + b_o + W_{oh} h_{t-1}) \\
    c_t &= f_t c_{t-1} + i_t g_t \\
    h_t &= o_t \tanh(c_t)

with :math:`\sigma` the logistic function and :math:`h_{-1} = c_{-1} = 0`.
""".strip(),
    references="""
.. [1] Glorot, X., Bengio, Y., Understanding the difficulty of training deep feedforward neural
   networks, AISTATS (2010).
.. [2] Jozefowicz, R., Zaremba, W., Sutskever, I., An empirical exploration of recurrent network
   architectures, ICML (2015).
.. [3] Hochreiter, S., Schmidhuber, J., Long short-term memory, Neural Computation 9 (1997).
""".strip(),
    forgets=True,
)


@documented(_TEXT, kind="regressor")
class LSTMRegressor(SequenceRegressor):
    r"""Predict numbers from sequences by a network of long short-term memory [3]_.

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
    A running sum of two features, with a target at every step:

    >>> import numpy as np
    >>> from tsrnn import LSTMRegressor
    >>> X = np.random.default_rng(0).standard_normal((200, 15, 2))
    >>> Y = X.sum(axis=2).cumsum(axis=1)
    >>> model = LSTMRegressor(hidden_layer_sizes=16, return_sequences=True, random_state=0)
    >>> model.fit(X[:150], Y[:150]).predict(X[150:]).shape
    (50, 15)
    >>> model.score(X[150:], Y[150:]) > 0.9
    True
    """

    cell_name = _kind_of_cell = "lstm"


@documented(_TEXT, kind="classifier")
class LSTMClassifier(SequenceClassifier):
    r"""Tell the classes of sequences by a network of long short-term memory [3]_.

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
    Whether the sum up to here is positive, at every step:

    >>> import numpy as np
    >>> from tsrnn import LSTMClassifier
    >>> X = np.random.default_rng(0).standard_normal((200, 15))
    >>> Y = X.cumsum(axis=1) > 0.0
    >>> model = LSTMClassifier(
    ...     hidden_layer_sizes=16, return_sequences=True, max_iter=500, random_state=0
    ... )
    >>> model.fit(X[:150], Y[:150]).score(X[150:], Y[150:]) > 0.9
    True
    """

    cell_name = _kind_of_cell = "lstm"
