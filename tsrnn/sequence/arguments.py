"""The arguments of sequence estimators: what is accepted, and what training makes of them."""

from __future__ import annotations

from numbers import Integral
from typing import Literal, get_args

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state

from tsrnn._input.sequences import Sequences
from tsrnn._input.validation import check_choice, check_count, check_flag, check_jobs, check_number
from tsrnn._optim.minibatch import SGD, Adam, RMSprop, Schedule
from tsrnn._optim.network import Network
from tsrnn._optim.scipy_minimize import SOLVER_NAMES
from tsrnn._optim.watch import Plan
from tsrnn.exceptions import InvalidParameterError

Activation = Literal["tanh", "relu", "logistic", "identity"]
Solver = Literal["adam", "rmsprop", "sgd", "lbfgs", "L-BFGS-B"]
LearningRate = Literal["constant", "cosine"]

_OPTIMIZERS = {"adam": Adam, "rmsprop": RMSprop, "sgd": SGD}

# The names of the search that takes all sequences at once.
SEARCHES = (*SOLVER_NAMES, *SOLVER_NAMES.values())

_FLAGS: tuple[str, ...] = (
    "early_stopping",
    "return_sequences",
    "bidirectional",
    "standardize",
    "warm_start",
    "linear_path",
)


def check_arguments(estimator: BaseEstimator) -> None:
    """Refuse constructor arguments that are not accepted.

    Raises
    ------
    InvalidParameterError
    """
    sizes_of_layers(estimator)
    check_choice("solver", estimator.solver, get_args(Solver))
    for name in ("batch_size", "max_iter", "n_iter_no_change"):
        value = getattr(estimator, name)
        if name not in estimator._left_to_us or not isinstance(value, str):
            check_count(name, value)
        elif value != "auto":
            raise InvalidParameterError(f"{name} must be 'auto' or an integer >= 1, got {value!r}")
    check_running(estimator)
    check_seed(estimator)
    check_number("l2", estimator.l2, 0.0, np.inf)
    # Losses of standardised targets are about 1; others are in the square of the targets' unit.
    check_number("tol", estimator.tol, 0.0, 1.0 if estimator.standardize else np.inf)
    check_number("momentum", estimator.momentum, 0.0, 1.0, include_upper=False)
    _check_positive(estimator, "learning_rate_init", np.inf)
    check_choice("learning_rate", estimator.learning_rate, get_args(LearningRate))
    check_count("warmup_steps", estimator.warmup_steps, 0)
    _check_positive(estimator, "validation_fraction", 1.0)
    if estimator.clip_norm is not None:
        _check_positive(estimator, "clip_norm", np.inf)
    for name in _FLAGS:
        check_flag(name, getattr(estimator, name))
    if estimator.linear_path and estimator.return_sequences:
        raise InvalidParameterError(
            "linear_path=True leads from a whole sequence to its target, and return_sequences=True "
            "asks for a target at each step: set one of them to False"
        )
    check_onlookers(estimator)


def check_onlookers(estimator: BaseEstimator) -> None:
    """Refuse arguments of those who look on while networks are trained.

    Raises
    ------
    InvalidParameterError
    """
    if not isinstance(estimator.verbose, bool | np.bool_):
        check_count("verbose", estimator.verbose, 0)
    if estimator.callback is not None and not callable(estimator.callback):
        raise InvalidParameterError(
            f"callback must be None or callable, got {estimator.callback!r}"
        )


def check_running(estimator: BaseEstimator) -> None:
    """Refuse arguments that no network runs with, trained or not.

    Raises
    ------
    InvalidParameterError
    """
    if estimator.bptt_steps is not None:
        check_count("bptt_steps", estimator.bptt_steps)
    check_jobs(estimator.n_jobs)


def check_seed(estimator: BaseEstimator) -> None:
    """Refuse what is no `random_state`.

    Raises
    ------
    InvalidParameterError
    """
    try:
        check_random_state(estimator.random_state)
    except (TypeError, ValueError) as error:
        raise InvalidParameterError(f"random_state: {error}") from error


def _check_positive(estimator: BaseEstimator, name: str, upper: float) -> None:
    value = getattr(estimator, name)
    check_number(name, value, 0.0, upper, include_lower=False, include_upper=False)


def sizes_of_layers(estimator: BaseEstimator) -> tuple[int, ...]:
    """Return how many units each layer has.

    Raises
    ------
    InvalidParameterError
    """
    sizes = estimator.hidden_layer_sizes
    sizes = (sizes,) if isinstance(sizes, Integral) else sizes
    sizes = sizes.tolist() if isinstance(sizes, np.ndarray) else sizes
    if not isinstance(sizes, tuple | list) or not sizes:
        raise InvalidParameterError(
            "hidden_layer_sizes must be an integer or a tuple of them, one a layer, got "
            f"{estimator.hidden_layer_sizes!r}"
        )
    return tuple(check_count("hidden_layer_sizes", size) for size in sizes)


def _size_of_batches(estimator: BaseEstimator, n_sequences: int) -> int:
    if isinstance(estimator.batch_size, str):
        return estimator._batch_left_to_us(n_sequences)
    return estimator.batch_size


def holds_all(estimator: BaseEstimator, n_sequences: int) -> bool:
    """Tell whether a step of training is made of all sequences."""
    return estimator.solver in SEARCHES or _size_of_batches(estimator, n_sequences) >= n_sequences


def plan_of(
    estimator: BaseEstimator, network: Network, sequences: Sequences, *, partial: bool
) -> Plan:
    """Say how an estimator trains.

    Raises
    ------
    InvalidParameterError
        If the arguments do not go together.
    """
    optimizer, n_sequences = None, sequences.n_sequences
    schedule = _schedule_of(estimator, n_sequences)
    if estimator.solver == "sgd":
        optimizer = SGD(estimator.learning_rate_init, estimator.momentum)
    elif estimator.solver not in SEARCHES:
        optimizer = _OPTIMIZERS[estimator.solver](estimator.learning_rate_init)
    elif estimator.bptt_steps is not None and estimator.bptt_steps < sequences.lengths.max():
        raise InvalidParameterError(
            f"bptt_steps={estimator.bptt_steps} cuts the gradient of sequences of "
            f"{sequences.lengths.max()} steps, and what is left is no gradient of the loss that "
            f"solver={estimator.solver!r} searches: use a mini-batch solver, or bptt_steps=None"
        )
    return Plan(
        optimizer,
        batch_size=min(_size_of_batches(estimator, n_sequences), n_sequences),
        max_iter=1 if partial else estimator.max_iter,
        tol=float(estimator.tol),
        n_iter_no_change=estimator.n_iter_no_change,
        early_stopping=bool(estimator.early_stopping),
        clip_norm=estimator.clip_norm,
        decay=_decay(network, estimator.l2, sequences.dtype),
        ema_momentum=estimator.ema_momentum,
        schedule=schedule,
        max_iter_is_meant=schedule is not None and schedule.falls,
        remedies=_remedies(estimator),
    )


def _schedule_of(estimator: BaseEstimator, n_sequences: int) -> Schedule | None:
    """Say how the learning rate goes, unless it stays what it is.

    Raises
    ------
    InvalidParameterError
        Where there are no steps that it could go by, or too few of them.
    """
    falls, warmup_steps = estimator.learning_rate == "cosine", estimator.warmup_steps
    if not (falls or warmup_steps):
        return None
    asked = "learning_rate='cosine'" if falls else f"warmup_steps={warmup_steps}"
    if estimator.solver in SEARCHES:
        raise InvalidParameterError(
            f"{asked} is of the steps of a mini-batch solver, and solver={estimator.solver!r} "
            "makes its own: leave learning_rate and warmup_steps as they are by default"
        )
    n_steps = estimator.max_iter * -(-n_sequences // _size_of_batches(estimator, n_sequences))
    if warmup_steps >= n_steps:
        raise InvalidParameterError(
            f"warmup_steps={warmup_steps} must be fewer than the steps of training, and max_iter="
            f"{estimator.max_iter} epochs of {n_sequences} sequences are {n_steps}"
        )
    return Schedule(n_steps, warmup_steps, falls)


def _remedies(estimator: BaseEstimator) -> tuple[str, ...]:
    """Say what to change where nothing is learned."""
    ways: tuple[str, ...] = (
        () if vars(estimator).get("standardize", True) else ("standardize=True",)
    )
    # The default is four orders below.
    ways += ("a smaller l2",) if estimator.l2 >= 1.0 else ()
    if estimator.solver in SEARCHES:
        return (*ways, "another random_state", "a mini-batch solver")
    ways += ("another learning_rate_init", "more patience (n_iter_no_change, max_iter)")
    return (*ways, "another random_state")


def _decay(network: Network, l2: float, dtype: np.dtype) -> np.ndarray | None:
    """Return the penalty on each parameter: on weights, and not on biases."""
    if l2 == 0.0:
        return None
    decay = np.zeros(network.n_parameters, dtype)
    for name, view in network.unpack(decay).items():
        if name.startswith("W_"):
            view[:] = l2
    return decay
