"""Time stamps of frames: dates in integers refused, stamps of another frame read as the fit did."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from tsrnn._input.wording import Argument, Message
from tsrnn._time.labels import dates_in_integers
from tsrnn._time.stamps import MISSING, Dates, Periods, StampCodec, WholeNumbers, period_alias
from tsrnn.panel.frame import Panel


def refuse_dates_in_integers(panel: Panel, name: str) -> None:
    """Refuse stamps such as 202012, which would be counted on to 202013.

    Raises
    ------
    ValueError
    """
    if not isinstance(panel.codec, WholeNumbers):
        return
    found = dates_in_integers(panel.ordinals[panel.ordinals != MISSING], name)
    if found:
        raise ValueError(
            Message(
                "{found}; {one} counts them on all the same", found=found, one=Argument("freq", 1)
            )
        )


def ordinals_as_read(panel: Panel, codec: StampCodec, name: str) -> np.ndarray:
    """Return a panel's ordinals as another codec, that of the fit, would have read its stamps.

    Raises
    ------
    ValueError
        If these are stamps of another kind.
    """
    given, fitted = _kind(panel.codec), _kind(codec)
    are_zoned = [isinstance(one, Dates) and one.tz is not None for one in (panel.codec, codec)]
    if given != fitted and not all(are_zoned):
        raise ValueError(
            f"{name} holds {given}, but the panel was fitted with {fitted}"
            f"{zones_advice(panel.codec, codec)}"
        )
    own: Any = panel.codec
    if not isinstance(codec, Dates) or own.unit == codec.unit:
        return panel.ordinals
    index = pd.DatetimeIndex(panel.ordinals.view(f"M8[{own.unit}]"))
    try:
        converted = index.as_unit(codec.unit)
    except pd.errors.OutOfBoundsDatetime as error:
        raise ValueError(
            f"{name} holds a stamp that the unit of the fit, {codec.unit!r}, does not reach "
            f"({error}): if it is right, fit the panel with stamps in seconds, as column.astype"
            "('datetime64[s]') makes them"
        ) from error
    wrong = np.flatnonzero(converted != index)
    if wrong.size:
        raise ValueError(
            f"{name} holds {index[wrong[0]]}, finer than the unit of the fit, {codec.unit!r}"
        )
    return converted.asi8


def zones_advice(given: StampCodec, fitted: StampCodec) -> str:
    """Say what to do with dates of another time zone than that of the fit."""
    if not isinstance(given, Dates) or not isinstance(fitted, Dates):
        return ""
    if str(given.tz) == str(fitted.tz):
        return ""
    to_fitted = "" if fitted.tz is None else f".dt.tz_localize({str(fitted.tz)!r})"
    if given.tz is None:
        return f": say of which zone they are, as in column{to_fitted}"
    if fitted.tz is None:
        return ": column.dt.tz_localize(None) keeps what their clocks show"
    return (
        f". They are in {given.tz}, those of the fit in {fitted.tz}: "
        f"column.dt.tz_localize(None){to_fitted} keeps what their clocks show"
    )


def _kind(codec: StampCodec) -> str:
    if isinstance(codec, Dates):
        return "dates without a time zone" if codec.tz is None else f"dates in {codec.tz}"
    return f"periods of {period_alias(codec.freq)!r}" if isinstance(codec, Periods) else "integers"
