"""Checks of arguments: one clear error that names the argument and what would be accepted."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from numbers import Integral, Real
from typing import Any, ParamSpec, TypeVar

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from tsrnn._input.numbers import AnyFloat, is_date_in_words
from tsrnn.exceptions import InvalidParameterError

_LARGEST = int(np.iinfo(np.int64).max)  # that compiled code can count to
_MOST_JOBS = 100_000  # which joblib reads; far more threads than a system has
_LONGEST_SEASON = 1_000_000  # a model has a state for each of its steps

Estimator = TypeVar("Estimator", bound=BaseEstimator)
Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


def check_number(
    name: str,
    value: object,
    lower: AnyFloat,
    upper: AnyFloat,
    *,
    include_lower: bool = True,
    include_upper: bool = True,
) -> float:
    """Return a real number of an interval as a float; infinity is in none.

    Raises
    ------
    InvalidParameterError
    """
    left = "[" if include_lower else "("
    right = "]" if include_upper and np.isfinite(upper) else ")"
    accepted = f"{name} must be a number in {left}{lower:g}, {upper:g}{right}, got {value!r}"
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
        raise InvalidParameterError(accepted)
    number: Any = value  # compared as it is: `Real` promises no order
    above = number >= lower if include_lower else number > lower
    below = number <= upper if include_upper else number < upper
    if not (above and below and abs(number) < np.inf):
        raise InvalidParameterError(accepted)
    return float(number)


def check_count(name: str, value: object, lower: int = 1, upper: float = _LARGEST) -> int:
    """Return an integer that is at least `lower`, and at most `upper`: by default of 64 bits.

    Raises
    ------
    InvalidParameterError
    """
    if isinstance(value, bool | np.bool_) or not isinstance(value, Integral) or value < lower:
        raise InvalidParameterError(f"{name} must be an integer >= {lower}, got {value!r}")
    if int(value) > upper:
        raise InvalidParameterError(
            f"{name} must be an integer from {lower} to {upper}, got {value!r}"
        )
    return int(value)


def check_period(value: object, lower: int = 1) -> None:
    """Refuse what is neither "auto" nor a number of time steps that is at least `lower`.

    Raises
    ------
    InvalidParameterError
    """
    if isinstance(value, str) and value == "auto":
        return
    if isinstance(value, tuple | list | range | np.ndarray) and np.size(value) > 1:
        raise InvalidParameterError(
            f"period must be the number of time steps of one season, got {value!r}: series with "
            "several are for DeseasonalizedForecaster(forecaster, period=(24, 168))"
        )
    try:
        period = check_count("period", value, lower)
    except InvalidParameterError as error:
        raise InvalidParameterError(
            f"period must be an integer >= {lower}, or 'auto' for that of the time stamps, got "
            f"{value!r}"
        ) from error
    if period > _LONGEST_SEASON:
        raise InvalidParameterError(
            f"period must be at most {_LONGEST_SEASON} time steps, got {value!r}"
        )


def check_periods(value: Sequence[object]) -> None:
    """Refuse what are not numbers of time steps of two seasons or more, all different.

    Raises
    ------
    InvalidParameterError
    """
    wanted = (
        "period must be the time steps of one season, or of several, all different integers >= 2 "
        f"such as (24, 168), got {value!r}"
    )
    try:
        numbers = [check_count("period", one, 2) for one in value]
    except InvalidParameterError as error:
        raise InvalidParameterError(wanted) from error
    if len(numbers) < 2 or len(set(numbers)) < len(numbers):
        raise InvalidParameterError(wanted)
    for one in numbers:
        check_period(one)


def check_choice(name: str, value: object, choices: Collection[str]) -> None:
    """Refuse what is not one of the choices.

    Raises
    ------
    InvalidParameterError
    """
    if not (isinstance(value, str) and value in choices):
        raise InvalidParameterError(
            f"{name} must be one of {', '.join(map(repr, choices))}, got {value!r}"
        )


def check_flag(name: str, value: object) -> bool:
    """Return a bool.

    Raises
    ------
    InvalidParameterError
    """
    if not isinstance(value, bool | np.bool_):
        raise InvalidParameterError(f"{name} must be True or False, got {value!r}")
    return bool(value)


def check_jobs(n_jobs: object) -> None:
    """Refuse what is no number of threads, as joblib counts them.

    Raises
    ------
    InvalidParameterError
    """
    if n_jobs is None:
        return
    if not isinstance(n_jobs, Integral) or isinstance(n_jobs, bool) or n_jobs == 0:
        raise InvalidParameterError(
            f"n_jobs must be None or an integer other than 0, got {n_jobs!r}"
        )
    if abs(int(n_jobs)) > _MOST_JOBS:
        raise InvalidParameterError(f"n_jobs must be at most {_MOST_JOBS}, got {n_jobs!r}")


def check_level(level: object) -> float:
    """Return a coverage level between 0 and 1.

    Raises
    ------
    InvalidParameterError
    """
    if isinstance(level, Real) and 1 < level < 100:  # type: ignore[operator]
        raise InvalidParameterError(
            f"level is a fraction between 0 and 1: for {level!r} percent "
            f"write {float(level) / 100:g}"
        )
    return check_number("level", level, 0.0, 1.0, include_lower=False, include_upper=False)


def at_this_moment(estimator: Estimator) -> Estimator:
    """Return a twin that stays as it is now, whatever another thread fits meanwhile."""
    twin = object.__new__(type(estimator))
    vars(twin).update(vars(estimator))
    return twin


def of_one_moment(method: Callable[Arguments, Answer]) -> Callable[Arguments, Answer]:
    """Have a method answer for the estimator as it is when called, whatever is fitted meanwhile."""

    @wraps(method)
    def answer(self, *args, **kwargs):
        return method(at_this_moment(self), *args, **kwargs)

    return answer  # type: ignore[return-value]  # its first argument is among the others


@contextmanager
def replaced_when_done(estimator: Estimator) -> Iterator[Estimator]:
    """Yield a twin to work on, and make the estimator what it has become, at once.

    If the block raises, the estimator is as it was; and at every moment of it another thread finds
    the estimator whole. Constructor arguments, which a fit leaves alone, may be set meanwhile.
    """
    twin = at_this_moment(estimator)
    before = vars(twin).copy()
    yield twin
    of_fit = {
        name: value
        for name, value in vars(twin).items()
        if name.startswith("_") or name.endswith("_") or before.get(name) is not value
    }
    others = {
        name: value
        for name, value in vars(estimator).items()
        if not (name.startswith("_") or name.endswith("_"))
    }
    estimator.__dict__ = others | of_fit


def forget_fit(estimator: BaseEstimator) -> None:
    """Remove what an earlier fit has left: nothing of it may outlive the next."""
    for name in [name for name in vars(estimator) if name.endswith("_")]:
        delattr(estimator, name)


def refuse_dates(X: object) -> None:
    """Refuse regressors that are dates or durations, which a float would hold as a count.

    Dates as words, too, of which scikit-learn would only say that they are no floats.

    Raises
    ------
    TypeError
    """
    columns = {}
    if isinstance(X, np.ndarray):
        columns = {"X": X}
    elif isinstance(X, pd.DataFrame):
        columns = {f"X[{name!r}]": column for name, column in X.items()}
    for name, column in columns.items():
        if column.dtype.kind in "mM":
            raise TypeError(
                f"{name} must be numbers, got {column.dtype}: dates belong into the index, and X "
                f"may be dates alone, pd.Index({name})"
            )
        is_words = column.dtype.kind in "OU" or isinstance(column.dtype, pd.StringDtype)
        first = next(iter(np.ravel(column[:1])), None) if is_words else None
        if is_date_in_words(first):
            raise TypeError(
                f"{name} must be numbers, got {first!r}: dates belong into the index, as "
                "pd.to_datetime makes them by their format"
            )


def refuse_unknown(regressors: np.ndarray, X: object) -> None:
    """Refuse regressors that are missing or infinite, naming the place.

    Raises
    ------
    ValueError
    """
    wrong = np.argwhere(~np.isfinite(regressors))
    if wrong.size:
        row, column = wrong[0]
        name = repr(X.columns[column]) if isinstance(X, pd.DataFrame) else column
        what = "NaN" if np.isnan(regressors[row, column]) else "infinity"
        raise ValueError(
            f"Input X contains {what} at row {row}, column {name}: regressors must be known"
        )
