"""Recurrent networks as scikit-learn estimators: a sample is a sequence, read step by step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tsrnn._input.validation import check_choice
from tsrnn.sequence.base import store_arguments
from tsrnn.sequence.classifier import SequenceClassifier
from tsrnn.sequence.docs import documented
from tsrnn.sequence.objective import TrainingState
from tsrnn.sequence.regressor import SequenceRegressor

_ACTIVATIONS = ("tanh", "relu", "logistic", "identity")

# Shapes of a layer's weights, for its units D and what it reads, p.
_ELMAN = "(D, p), (D, D) and (D,)"
_GRU = "(3 D, p), (3 D, D) and (3 D,), gates r, z, n, and `b_hn` (D,)"
_LSTM = "(4 D, p), (4 D, D) and (4 D,), gates i, f, g, o"


@documented(cell="elman", kind="regressor", gates=_ELMAN)
class ElmanRNNRegressor(SequenceRegressor):
    r"""Predict numbers from sequences by an Elman network [2]_.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    Notes
    -----
    Each layer reads

    .. math:: h_t = s(W_{hx} x_t + b_h + W_{hh} h_{t-1})

    with :math:`s` the `activation` and :math:`h_{-1} = 0`.

    {notes}

    References
    ----------
    .. [1] Glorot, X., Bengio, Y., Understanding the difficulty of training deep feedforward neural
       networks, AISTATS (2010).
    .. [2] Elman, J. L., Finding structure in time, Cognitive Science 14 (1990).

    Examples
    --------
    The next value of a sine wave, from the ten before it:

    >>> import numpy as np
    >>> from tsrnn import ElmanRNNRegressor
    >>> wave = np.sin(0.3 * np.arange(300))
    >>> windows = np.lib.stride_tricks.sliding_window_view(wave, 11)
    >>> X, y = windows[:, :-1], windows[:, -1]
    >>> model = ElmanRNNRegressor(hidden_layer_sizes=8, random_state=0).fit(X[:200], y[:200])
    >>> model.score(X[200:], y[200:]) > 0.99
    True
    """

    _kind_of_cell = "elman"

    def __init__(
        self,
        *,
        hidden_layer_sizes: int | tuple[int, ...] = (32,),
        activation: str = "tanh",
        solver: str = "adam",
        batch_size: int | str = "auto",
        learning_rate_init: float = 0.005,
        momentum: float = 0.9,
        l2: float = 1e-4,
        clip_norm: float | None = 1.0,
        bptt_steps: int | None = None,
        max_iter: int = 200,
        tol: float = 1e-4,
        n_iter_no_change: int = 10,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        init: str | None = None,
        return_sequences: bool = False,
        bidirectional: bool = False,
        standardize: bool = True,
        warm_start: bool = False,
        random_state: Any = None,
        verbose: bool | int = False,
        n_jobs: int | None = None,
        callback: Callable[[TrainingState], Any] | None = None,
    ) -> None:
        store_arguments(self, locals())

    @property
    def _cell_name(self) -> str:
        check_choice("activation", self.activation, _ACTIVATIONS)
        return f"elman_{self.activation}"


@documented(cell="gru", kind="regressor", gates=_GRU)
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
    Each layer reads

    .. math::

        r_t &= \sigma(W_{rx} x_t + b_r + W_{rh} h_{t-1}) \\
        z_t &= \sigma(W_{zx} x_t + b_z + W_{zh} h_{t-1}) \\
        n_t &= \tanh(W_{nx} x_t + b_n + r_t (W_{nh} h_{t-1} + b_{hn})) \\
        h_t &= (1 - z_t) n_t + z_t h_{t-1}

    with :math:`\sigma` the logistic function and :math:`h_{-1} = 0`: the reset gate acts after the
    product, as in PyTorch, and in Keras by default.

    {notes}

    References
    ----------
    .. [1] Glorot, X., Bengio, Y., Understanding the difficulty of training deep feedforward neural
       networks, AISTATS (2010).
    .. [2] Cho, K. et al., Learning phrase representations using RNN encoder-decoder for statistical
       machine translation, EMNLP (2014).

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

    _cell_name = _kind_of_cell = "gru"


@documented(cell="lstm", kind="regressor", gates=_LSTM, forget=True)
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
    Each layer reads

    .. math::

        i_t &= \sigma(W_{ix} x_t + b_i + W_{ih} h_{t-1}) \\
        f_t &= \sigma(W_{fx} x_t + b_f + W_{fh} h_{t-1}) \\
        g_t &= \tanh(W_{gx} x_t + b_g + W_{gh} h_{t-1}) \\
        o_t &= \sigma(W_{ox} x_t + b_o + W_{oh} h_{t-1}) \\
        c_t &= f_t c_{t-1} + i_t g_t \\
        h_t &= o_t \tanh(c_t)

    with :math:`\sigma` the logistic function and :math:`h_{-1} = c_{-1} = 0`.

    {notes}

    References
    ----------
    .. [1] Glorot, X., Bengio, Y., Understanding the difficulty of training deep feedforward neural
       networks, AISTATS (2010).
    .. [2] Jozefowicz, R., Zaremba, W., Sutskever, I., An empirical exploration of recurrent network
       architectures, ICML (2015).
    .. [3] Hochreiter, S., Schmidhuber, J., Long short-term memory, Neural Computation 9 (1997).

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

    _cell_name = _kind_of_cell = "lstm"


@documented(cell="elman", kind="classifier", gates=_ELMAN)
class ElmanRNNClassifier(SequenceClassifier):
    r"""Tell the classes of sequences by an Elman network [2]_.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    Notes
    -----
    Each layer reads

    .. math:: h_t = s(W_{hx} x_t + b_h + W_{hh} h_{t-1})

    with :math:`s` the `activation` and :math:`h_{-1} = 0`.

    {notes}

    References
    ----------
    .. [1] Glorot, X., Bengio, Y., Understanding the difficulty of training deep feedforward neural
       networks, AISTATS (2010).
    .. [2] Elman, J. L., Finding structure in time, Cognitive Science 14 (1990).

    Examples
    --------
    Slow and fast waves, of any phase and length:

    >>> import numpy as np
    >>> from tsrnn import ElmanRNNClassifier
    >>> rng = np.random.default_rng(0)
    >>> y = rng.choice(["fast", "slow"], 200)
    >>> X = [
    ...     np.sin({"fast": 1.5, "slow": 0.5}[label] * np.arange(length) + rng.uniform(0.0, 6.0))
    ...     for label, length in zip(y, rng.integers(10, 30, 200))
    ... ]
    >>> model = ElmanRNNClassifier(hidden_layer_sizes=8, random_state=0).fit(X[:150], y[:150])
    >>> model.score(X[150:], y[150:]) > 0.9
    True
    >>> model.predict_proba(X[:2]).shape
    (2, 2)
    """

    _kind_of_cell = "elman"

    def __init__(
        self,
        *,
        hidden_layer_sizes: int | tuple[int, ...] = (32,),
        activation: str = "tanh",
        solver: str = "adam",
        batch_size: int | str = "auto",
        learning_rate_init: float = 0.005,
        momentum: float = 0.9,
        l2: float = 1e-4,
        clip_norm: float | None = 1.0,
        bptt_steps: int | None = None,
        max_iter: int = 200,
        tol: float = 1e-4,
        n_iter_no_change: int = 10,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        class_weight: dict | str | None = None,
        return_sequences: bool = False,
        bidirectional: bool = False,
        standardize: bool = True,
        warm_start: bool = False,
        random_state: Any = None,
        verbose: bool | int = False,
        n_jobs: int | None = None,
        callback: Callable[[TrainingState], Any] | None = None,
    ) -> None:
        store_arguments(self, locals())

    @property
    def _cell_name(self) -> str:
        check_choice("activation", self.activation, _ACTIVATIONS)
        return f"elman_{self.activation}"


@documented(cell="gru", kind="classifier", gates=_GRU)
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
    Each layer reads

    .. math::

        r_t &= \sigma(W_{rx} x_t + b_r + W_{rh} h_{t-1}) \\
        z_t &= \sigma(W_{zx} x_t + b_z + W_{zh} h_{t-1}) \\
        n_t &= \tanh(W_{nx} x_t + b_n + r_t (W_{nh} h_{t-1} + b_{hn})) \\
        h_t &= (1 - z_t) n_t + z_t h_{t-1}

    with :math:`\sigma` the logistic function and :math:`h_{-1} = 0`: the reset gate acts after the
    product, as in PyTorch, and in Keras by default.

    {notes}

    References
    ----------
    .. [1] Glorot, X., Bengio, Y., Understanding the difficulty of training deep feedforward neural
       networks, AISTATS (2010).
    .. [2] Cho, K. et al., Learning phrase representations using RNN encoder-decoder for statistical
       machine translation, EMNLP (2014).

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

    _cell_name = _kind_of_cell = "gru"


@documented(cell="lstm", kind="classifier", gates=_LSTM, forget=True)
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
    Each layer reads

    .. math::

        i_t &= \sigma(W_{ix} x_t + b_i + W_{ih} h_{t-1}) \\
        f_t &= \sigma(W_{fx} x_t + b_f + W_{fh} h_{t-1}) \\
        g_t &= \tanh(W_{gx} x_t + b_g + W_{gh} h_{t-1}) \\
        o_t &= \sigma(W_{ox} x_t + b_o + W_{oh} h_{t-1}) \\
        c_t &= f_t c_{t-1} + i_t g_t \\
        h_t &= o_t \tanh(c_t)

    with :math:`\sigma` the logistic function and :math:`h_{-1} = c_{-1} = 0`.

    {notes}

    References
    ----------
    .. [1] Glorot, X., Bengio, Y., Understanding the difficulty of training deep feedforward neural
       networks, AISTATS (2010).
    .. [2] Jozefowicz, R., Zaremba, W., Sutskever, I., An empirical exploration of recurrent network
       architectures, ICML (2015).
    .. [3] Hochreiter, S., Schmidhuber, J., Long short-term memory, Neural Computation 9 (1997).

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

    _cell_name = _kind_of_cell = "lstm"
