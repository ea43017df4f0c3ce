"""The losses of sequence regressors by the names that users give them."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real
from typing import Any, Literal, get_args

import numpy as np
from sklearn.base import BaseEstimator

from tsrnn._input.sequences import Sequences
from tsrnn._input.validation import check_choice, check_number
from tsrnn._optim.losses import (
    AbsoluteErrorLoss,
    HuberLoss,
    NumberLoss,
    PoissonLoss,
    QuantileLoss,
    SquaredErrorLoss,
)
from tsrnn.exceptions import InvalidParameterError

LossName = Literal["squared_error", "absolute_error", "huber", "quantile", "poisson"]

_LOSSES: dict[str, Callable[[BaseEstimator], NumberLoss]] = {
    "squared_error": lambda estimator: SquaredErrorLoss(),
    "absolute_error": lambda estimator: AbsoluteErrorLoss(),
    "huber": lambda estimator: HuberLoss(float(estimator.huber_delta)),
    "quantile": lambda estimator: QuantileLoss(_levels_to_train(estimator.quantiles)),
    "poisson": lambda estimator: PoissonLoss(),
}

# Where loss="quantile" is not told which: the median and an interval that holds nine in ten.
_LEVELS = (0.05, 0.5, 0.95)


def loss_of(estimator: BaseEstimator) -> NumberLoss:
    """Return the loss that the arguments of a regressor ask for.

    Raises
    ------
    InvalidParameterError
        For arguments that are not accepted, or do not go together.
    """
    check_number("huber_delta", estimator.huber_delta, 0.0, np.inf, include_lower=False)
    loss = estimator.loss
    if not isinstance(loss, NumberLoss):
        check_choice("loss", loss, get_args(LossName))
        loss = _LOSSES[loss](estimator)
    if estimator.quantiles is not None and not isinstance(loss, QuantileLoss):
        raise InvalidParameterError(
            f"quantiles={estimator.quantiles!r} are those of loss='quantile', and the loss is "
            f"{estimator.loss!r}: set that, or quantiles=None"
        )
    return loss


def _levels_to_train(quantiles: Any) -> tuple[float, ...]:
    levels = _LEVELS if quantiles is None else read_levels("quantiles", quantiles)
    if (np.diff(levels) <= 0.0).any():
        raise InvalidParameterError(f"quantiles must ascend, got {quantiles!r}")
    return levels


def read_levels(name: str, levels: Any) -> tuple[float, ...]:
    """Return one level or several as a tuple.

    Raises
    ------
    InvalidParameterError
        Unless they are numbers between 0 and 1.
    """
    given = levels.tolist() if isinstance(levels, np.ndarray) else levels
    given = [given] if isinstance(given, Real) else given
    if not isinstance(given, list | tuple) or not given:
        raise InvalidParameterError(
            f"{name} must be a number between 0 and 1 or a tuple of them, got {levels!r}"
        )
    edges = {"include_lower": False, "include_upper": False}
    for i, level in enumerate(given):
        check_number(name if len(given) == 1 else f"{name}[{i}]", level, 0.0, 1.0, **edges)
    return tuple(map(float, given))


def refuse_targets(
    targets: np.ndarray, sequences: Sequences, loss: NumberLoss, name: str, *, by_step: bool
) -> None:
    """Refuse targets that a loss does not take, and context that is missing.

    Parameters
    ----------
    targets : (N, m + n_context) or (R, m + n_context) array
    sequences : Sequences
    loss : NumberLoss
    name : str
        What to call y in an error.
    by_step : bool

    Raises
    ------
    ValueError
        Naming the first place.
    """
    m = targets.shape[1] - loss.n_context
    if m < 1:
        raise ValueError(
            f"{name} must have the targets in its first columns, and to their right the "
            f"{loss.n_context} that {loss} reads, got {targets.shape[1]} in all"
        )
    found = loss.refused(targets[:, :m])
    is_wrong = np.zeros(targets.shape, bool)
    if found is not None:
        is_wrong[:, :m], accepted = found
    elif loss.n_context:
        is_wrong[:, m:], accepted = ~np.isfinite(targets[:, m:]), "finite numbers"
    if not is_wrong.any():
        return
    row, column = divmod(int(is_wrong.argmax()), targets.shape[1])
    where = f"[{row}]"
    if by_step:
        i = int(np.searchsorted(sequences.offsets, row, side="right")) - 1
        where = f"[{i}] at step {row - sequences.offsets[i]}"
    where += f", output {column}" if targets.shape[1] > 1 else ""
    raise ValueError(f"{name}{where} is {targets[row, column]:g}: {loss} takes {accepted}")
