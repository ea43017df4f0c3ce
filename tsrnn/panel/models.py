"""Forecasters of a panel: a single one, or several, each with the name of its column."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sklearn.base import clone

from tsrnn.exceptions import InvalidParameterError
from tsrnn.forecasting.forecaster import Forecaster
from tsrnn.forecasting.foreign import way_to_forecaster
from tsrnn.forecasting.naming import check_named

_WANTED = "forecaster must be a forecaster, such as DoubleExpSmoothingRNN(), or a list of them"


class NamedForecaster(NamedTuple):
    """A forecaster, and the name that it has among several; None of a single one."""

    name: str | None
    forecaster: Forecaster


def is_several(given: Any) -> bool:
    """Tell whether an argument is a list of forecasters, be they many or one."""
    return isinstance(given, list | tuple)


def named(given: Any) -> list[tuple[Any, Any]]:
    """Return pairs of a name and what has it: those in a list that have none by their class."""
    return [
        (one[0], one[1])
        if isinstance(one, list | tuple) and len(one) == 2
        else (type(one).__name__, one)
        for one in given
    ]


def check_forecasters(given: Any, alias: Any, own: Collection[str]) -> tuple[NamedForecaster, ...]:
    """Return clones of the forecasters of a panel to fit.

    Parameters
    ----------
    given, alias
        As the user gave them.
    own : collection of str
        Names of the panel's parameters.

    Raises
    ------
    InvalidParameterError
    """
    if not is_several(given):
        if not isinstance(given, Forecaster):
            raise InvalidParameterError(f"{_WANTED}, got {given!r}{way_to_forecaster(given)}")
        forecaster = clone(given)
        forecaster.validate_parameters()
        return (NamedForecaster(None, forecaster),)
    if not given:
        raise InvalidParameterError(f"{_WANTED}; it is empty")
    if isinstance(given, tuple) and isinstance(given[0], str):
        raise InvalidParameterError(f"{_WANTED}: put the pair into one, as in [{given!r}]")
    if alias is not None:
        raise InvalidParameterError(
            f"alias is {alias!r}, but names one forecaster: of a list each has a name of its own, "
            "as in [('holt', DoubleExpSmoothingRNN()), ..]"
        )
    pairs = named(given)
    for i, (name, forecaster) in enumerate(pairs):
        if not isinstance(forecaster, Forecaster):
            raise InvalidParameterError(
                f"{_WANTED} or pairs of a name and a forecaster; the one at position {i} is "
                f"{given[i]!r}{way_to_forecaster(forecaster)}"
            )
        if not isinstance(name, str) or not name.strip():
            raise InvalidParameterError(
                f"forecaster: the name at position {i} must be a word, got {name!r}"
            )
    _refuse_unnamed_twins(given, [name for name, _ in pairs])
    check_named("forecaster", pairs, own)
    return tuple(NamedForecaster(name, clone(forecaster)) for name, forecaster in pairs)


def refuse_of_one(parameters: Collection[str], names: Sequence[str]) -> None:
    """Refuse parameters that are called as those of a single forecaster, where there is a list.

    Raises
    ------
    ValueError
    """
    for one in parameters:
        parent, _, parameter = one.partition("__")
        if parent == "forecaster" and parameter:
            raise ValueError(
                f"{one!r} is of a panel of one forecaster: of a list each has its parameters by "
                f"its name, as in {[f'{name}__{parameter}' for name in names]}"
            )


def _refuse_unnamed_twins(given: Any, names: list[str]) -> None:
    """Refuse two forecasters of a class without names, whose columns nobody could tell apart."""
    for i, (one, name) in enumerate(zip(given, names, strict=True)):
        if isinstance(one, Forecaster) and names.count(name) > 1:
            raise InvalidParameterError(
                f"forecaster has {names.count(name)} that are called {name!r}, such as that at "
                f"position {i}: name each, as in [('one', {name}()), ('other', {name}(..))]"
            )
