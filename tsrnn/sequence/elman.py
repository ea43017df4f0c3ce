"""Elman networks that read a sequence step by step, as a regressor and a classifier."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, get_args

from tsrnn._input.numbers import AnyFloat, AnyInt
from tsrnn._input.validation import check_choice
from tsrnn._optim.losses import NumberLoss
from tsrnn.sequence.arguments import Activation, LearningRate, Solver
from tsrnn.sequence.base import store_arguments
from tsrnn.sequence.classifier import SequenceClassifier
from tsrnn.sequence.docs import CellText, documented
from tsrnn.sequence.losses import LossName
from tsrnn.sequence.objective import TrainingState
from tsrnn.sequence.recurrent_regressor import Init, SequenceRegressor

_TEXT = CellText(
    gates="(D, p), (D, D) and (D,)",
    equations=r"""
Each layer reads

.. math:: h_t = s(W_{hx} x_t + b_h + W_{hh} h_{t-1})

with :math:`s` the `activation` and :math:`h_{-1} = 0`.
""".strip(),
    references="""
.. [1] Glorot, X., Bengio, Y., Understanding the difficulty of training deep feedforward neural
   networks, AISTATS (2010).
.. [2] Elman, J. L., Finding structure in time, Cognitive Science 14 (1990).
""".strip(),
    has_activation=True,
)


class _Elman:
    """The cell of both."""

    activation: Activation
    _kind_of_cell = "elman"

    @property
    def cell_name(self) -> str:
        """The key of the cell in the table of networks' cells."""
        check_choice("activation", self.activation, get_args(Activation))
        return f"elman_{self.activation}"


@documented(_TEXT, kind="regressor")
class ElmanRNNRegressor(_Elman, SequenceRegressor):
    r"""Predict numbers from sequences by an Elman network [2]_.

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

    def __init__(
        self,
        *,
        hidden_layer_sizes: AnyInt | Sequence[int] = (32,),
        activation: Activation = "tanh",
        loss: LossName | NumberLoss = "squared_error",
        quantiles: AnyFloat | Sequence[float] | None = None,
        huber_delta: AnyFloat = 1.0,
        solver: Solver = "adam",
        batch_size: AnyInt | Literal["auto"] = "auto",
        learning_rate_init: AnyFloat = 0.005,
        learning_rate: LearningRate = "constant",
        warmup_steps: AnyInt = 0,
        momentum: AnyFloat = 0.9,
        l2: AnyFloat = 1e-4,
        clip_norm: AnyFloat | None = 1.0,
        bptt_steps: AnyInt | None = None,
        max_iter: AnyInt = 200,
        tol: AnyFloat = 1e-4,
        n_iter_no_change: AnyInt = 10,
        early_stopping: bool = False,
        validation_fraction: AnyFloat = 0.1,
        init: Init | None = None,
        linear_path: bool = False,
        return_sequences: bool = False,
        bidirectional: bool = False,
        standardize: bool = True,
        warm_start: bool = False,
        random_state: Any = None,
        verbose: bool | AnyInt = False,
        n_jobs: AnyInt | None = None,
        callback: Callable[[TrainingState], Any] | None = None,
    ) -> None:
        store_arguments(self, locals())


@documented(_TEXT, kind="classifier")
class ElmanRNNClassifier(_Elman, SequenceClassifier):
    r"""Tell the classes of sequences by an Elman network [2]_.

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

    def __init__(
        self,
        *,
        hidden_layer_sizes: AnyInt | Sequence[int] = (32,),
        activation: Activation = "tanh",
        solver: Solver = "adam",
        batch_size: AnyInt | Literal["auto"] = "auto",
        learning_rate_init: AnyFloat = 0.005,
        learning_rate: LearningRate = "constant",
        warmup_steps: AnyInt = 0,
        momentum: AnyFloat = 0.9,
        l2: AnyFloat = 1e-4,
        clip_norm: AnyFloat | None = 1.0,
        bptt_steps: AnyInt | None = None,
        max_iter: AnyInt = 200,
        tol: AnyFloat = 1e-4,
        n_iter_no_change: AnyInt = 10,
        early_stopping: bool = False,
        validation_fraction: AnyFloat = 0.1,
        class_weight: dict | Literal["balanced"] | None = None,
        return_sequences: bool = False,
        bidirectional: bool = False,
        standardize: bool = True,
        warm_start: bool = False,
        random_state: Any = None,
        verbose: bool | AnyInt = False,
        n_jobs: AnyInt | None = None,
        callback: Callable[[TrainingState], Any] | None = None,
    ) -> None:
        store_arguments(self, locals())
