"""Arguments of a forecaster on windows: refused, or put in the place of "auto"."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, is_regressor
from sklearn.utils import check_random_state

from tsrnn._input.validation import (
    check_choice,
    check_count,
    check_flag,
    check_number,
    check_period,
)
from tsrnn.exceptions import InvalidParameterError
from tsrnn.forecasting.forecaster import Forecaster
from tsrnn.sequence.arguments import check_onlookers, check_seed
from tsrnn.windows.members import RECURRENT, MemberKind
from tsrnn.windows.rule import Wishes

Strategy = Literal["auto", "recursive", "direct"]
Center = Literal["auto", "last", "season"]
UnitKind = Literal["auto", "ratio", "std"]

# The window of a single regressor.
_WINDOW = 10

# What only members know.
_OF_MEMBERS = ("period", "center", "units", "n_members", "members")
_OF_TRAINING = ("early_stopping", "warm_start", "verbose", "callback")

_PAST = "names or positions of columns of X that are known up to the origin alone"


def is_auto(argument: Any) -> bool:
    """Tell whether an argument is left to us."""
    return isinstance(argument, str) and argument == "auto"


def reads_whole(forecaster: Forecaster) -> bool:
    """Tell whether series are read whole rather than by windows."""
    return isinstance(forecaster.window, str) and forecaster.window == "all"


def has_no_estimator(forecaster: Forecaster) -> bool:
    """Tell whether what is trained is left to us."""
    return forecaster.estimator is None or is_auto(forecaster.estimator)


def trains_members(forecaster: Forecaster) -> bool:
    """Tell whether several networks are trained together: ours, and for a known horizon."""
    return (
        has_no_estimator(forecaster)
        and forecaster.horizon is not None
        and forecaster.strategy != "recursive"
    )


def steps_together(forecaster: Forecaster) -> int:
    """Return how many steps are predicted together: 1 of the recursive strategy."""
    return 1 if forecaster.horizon is None else int(forecaster.horizon)


def window_of(forecaster: Forecaster) -> int:
    """Return the window of a single regressor."""
    return _WINDOW if is_auto(forecaster.window) else int(forecaster.window)


def wishes_of(forecaster: Forecaster) -> Wishes:
    """Return what the user has chosen of members."""

    def chosen(argument: Any) -> Any:
        return None if is_auto(argument) else argument

    seed = check_random_state(forecaster.random_state).randint(2**30)
    return Wishes(
        chosen(forecaster.window),
        chosen(forecaster.n_members),
        chosen(forecaster.center),
        chosen(forecaster.units),
        int(seed),
        kinds_of(forecaster),
    )


def kinds_of(forecaster: Forecaster) -> tuple[str, ...] | None:
    """Return the kinds of members that the user names, None where they are left to us."""
    kinds = forecaster.members
    if is_auto(kinds):
        return None
    return (kinds,) if isinstance(kinds, str) else tuple(kinds)


def check_windows(forecaster: Forecaster) -> None:
    """Refuse arguments.

    Raises
    ------
    InvalidParameterError
        It names the argument and what would be accepted.
    """
    _check_estimator(forecaster.estimator)
    if not (is_auto(forecaster.window) or reads_whole(forecaster)):
        check_count("window", forecaster.window, 2)
    check_choice("strategy", forecaster.strategy, get_args(Strategy))
    check_period(forecaster.period)
    check_choice("center", forecaster.center, get_args(Center))
    check_choice("units", forecaster.units, get_args(UnitKind))
    if not is_auto(forecaster.n_members):
        check_count("n_members", forecaster.n_members)
    _check_kinds(forecaster)
    _check_past_covariates(forecaster.past_covariates)
    check_horizon(forecaster)
    if reads_whole(forecaster):
        _refuse_of_windows(forecaster)
    if not trains_members(forecaster):
        _refuse_of_members(forecaster)
    for name in ("early_stopping", "warm_start"):
        check_flag(name, getattr(forecaster, name))
    check_onlookers(forecaster)
    if forecaster.cut_off is not None:
        check_number("cut_off", forecaster.cut_off, 0.0, np.inf, include_lower=False)
    check_seed(forecaster)


def _check_estimator(estimator: Any) -> None:
    if estimator is None or is_auto(estimator):
        return
    if (
        isinstance(estimator, BaseEstimator)
        and is_regressor(estimator)
        and not isinstance(estimator, Forecaster)
    ):
        if getattr(estimator, "loss", None) == "poisson":
            raise InvalidParameterError(
                "estimator has loss='poisson', which takes nothing below 0, and is trained on what "
                "values differ by from the level of their window: take another loss, such as "
                "'absolute_error'"
            )
        return
    raise InvalidParameterError(
        "estimator must be a regressor, such as ElmanRNNRegressor() or scikit-learn's "
        f"Ridge(), got {estimator!r}"
    )


def _check_kinds(forecaster: Forecaster) -> None:
    """Refuse names of kinds of members."""
    kinds = forecaster.members
    if is_auto(kinds):
        return
    known = get_args(MemberKind)
    listed = [kinds] if isinstance(kinds, str) else kinds
    is_listed = isinstance(listed, list | tuple) and len(listed) > 0
    if not is_listed or any(one not in known for one in listed):
        raise InvalidParameterError(
            "members must be 'auto', one of "
            f"{', '.join(map(repr, known))}, or a tuple of these, got {kinds!r}"
        )
    n_members = forecaster.n_members
    if not is_auto(n_members) and n_members < len(listed):
        raise InvalidParameterError(
            f"members names {len(listed)} kinds, and n_members={n_members!r} is fewer: leave it "
            "'auto', or name fewer"
        )


def _check_past_covariates(given: Any) -> None:
    if given is None:
        return
    if not isinstance(given, list | tuple | pd.Index | np.ndarray):
        raise InvalidParameterError(
            f"past_covariates must be None or a list of {_PAST}, such as ['temperature'], got "
            f"{given!r}"
        )
    for i, one in enumerate(given):
        if not pd.api.types.is_hashable(one) or isinstance(one, float | bool):
            raise InvalidParameterError(f"past_covariates must hold {_PAST}, got {one!r}")
        if one in list(given[:i]):
            raise InvalidParameterError(f"past_covariates has {one!r} once more: leave it out")


def past_positions(given: Any, names: Sequence[Any]) -> tuple[int, ...]:
    """Return the positions of past covariates among columns of these names.

    Names are told by what they read as, for those of a panel are 0 here and "0" there.

    Raises
    ------
    ValueError
        For what is none of them.
    """
    found, known_as = [], [str(name) for name in names]
    for one in () if given is None else given:
        if str(one) in known_as:
            place = known_as.index(str(one))
        elif isinstance(one, Integral) and -len(names) <= int(one) < len(names):
            place = int(one) % len(names)
        else:
            known = (
                f"there is no such column among the regressors, only {list(names)}"
                if len(names)
                else "no regressors are read here: pass X, in a panel name the column in its "
                "regressors as well, or leave it None within a RegressionForecaster, which takes "
                "all columns itself"
            )
            raise ValueError(f"past_covariates has {one!r}, but {known}")
        if place in found:
            raise ValueError(
                f"past_covariates has the column {names[place]!r} twice: leave one out"
            )
        found.append(place)
    return tuple(sorted(found))


def check_horizon(forecaster: Forecaster) -> None:
    """Refuse a horizon that does not go with the strategy."""
    if forecaster.strategy == "direct" and forecaster.horizon is None:
        raise InvalidParameterError(
            "strategy='direct' predicts a number of steps together: set horizon, such as 12"
        )
    if forecaster.horizon is None:
        return
    if forecaster.strategy == "recursive":
        raise InvalidParameterError(
            f"horizon is for strategy='direct', got {forecaster.horizon!r}: leave it None, and ask "
            "predict for as many steps as you like"
        )
    check_count("horizon", forecaster.horizon)


def _refuse_of_windows(forecaster: Forecaster) -> None:
    """Refuse what has no effect where series are read whole."""
    if not trains_members(forecaster):
        raise InvalidParameterError(
            "window='all' is for the members that estimator='auto' trains for a known horizon: set "
            "horizon, such as 12, and no estimator, or take a number of values for a window"
        )
    for name in ("center", "units"):
        if not is_auto(getattr(forecaster, name)):
            raise InvalidParameterError(
                f"{name} is for members that read windows, got {getattr(forecaster, name)!r}: "
                "leave it 'auto', or take another window than 'all'"
            )
    for name in ("early_stopping", "warm_start"):
        if getattr(forecaster, name):
            raise InvalidParameterError(
                f"{name} is for members that read windows: leave it False, or take another window "
                "than 'all'"
            )
    if forecaster.past_covariates is not None:
        raise InvalidParameterError(
            "past_covariates is for members that read windows, got "
            f"{forecaster.past_covariates!r}: leave it None, or take another window than 'all'"
        )
    wrong = [one for one in kinds_of(forecaster) or () if one not in RECURRENT]
    if wrong:
        raise InvalidParameterError(
            f"members must be of {', '.join(map(repr, RECURRENT))} with window='all', for others "
            f"read windows, got {wrong[0]!r}"
        )


def _refuse_of_members(forecaster: Forecaster) -> None:
    """Refuse what has no effect where there is a single regressor."""
    for name in _OF_MEMBERS:
        argument = getattr(forecaster, name)
        if not (is_auto(argument) or (name == "period" and argument == 1)):
            raise InvalidParameterError(
                f"{name} is for the members that estimator='auto' trains for a known horizon, got "
                f"{argument!r}: leave it 'auto', or set horizon, such as 12, and no estimator"
            )
    for name in _OF_TRAINING:
        argument = getattr(forecaster, name)
        if argument:
            raise InvalidParameterError(
                f"{name} is for the members that estimator='auto' trains for a known horizon, got "
                f"{argument!r}: set that of the estimator, if it has one"
            )
    if forecaster.past_covariates is not None:
        raise InvalidParameterError(
            "past_covariates is for the members that estimator='auto' trains for a known horizon, "
            f"got {forecaster.past_covariates!r}: set horizon, such as 12, and no estimator; a "
            "single regressor reads columns that are known in advance"
        )
