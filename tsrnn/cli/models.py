"""The forecasters that the command names, made as its options ask."""

from __future__ import annotations

import argparse
from typing import Any

from tsrnn.cli.csv_errors import UsageError
from tsrnn.compose.ensemble import EnsembleForecaster
from tsrnn.compose.transform import TransformedForecaster
from tsrnn.forecasting.forecaster import Forecaster
from tsrnn.forecasting.naive import NaiveForecaster
from tsrnn.pretrained.forecaster import PretrainedRNNForecaster
from tsrnn.smoothing.auto import AutoExpSmoothingRNN
from tsrnn.smoothing.complex.forecaster import ComplexExpSmoothingRNN
from tsrnn.smoothing.croston import CrostonForecaster
from tsrnn.smoothing.double import DoubleExpSmoothingRNN
from tsrnn.smoothing.simple import SimpleExpSmoothingRNN
from tsrnn.smoothing.triple import TripleExpSmoothingRNN
from tsrnn.theta.forecaster import ThetaForecaster

MODELS = {
    "simple": SimpleExpSmoothingRNN,
    "ses": SimpleExpSmoothingRNN,
    "double": DoubleExpSmoothingRNN,
    "holt": DoubleExpSmoothingRNN,
    "damped": lambda: DoubleExpSmoothingRNN(damped=True),
    "croston": CrostonForecaster,
}
# These take the length of the season; all but the first find by themselves how it enters.
SEASONAL_MODELS = {
    "holt-winters": TripleExpSmoothingRNN,
    "auto": AutoExpSmoothingRNN,
    "complex": ComplexExpSmoothingRNN,
    "theta": ThetaForecaster,
    "pretrained": PretrainedRNNForecaster,
    "ensemble": EnsembleForecaster,
}
DEFAULT_MODEL = "ensemble"


def forecasters_of(options: argparse.Namespace) -> dict[str, Forecaster]:
    """Make the forecasters of a backtest by their names; options go to those that take them."""
    names = list(dict.fromkeys(options.model))
    if len(names) < len(options.model):
        raise UsageError(f"--model names {' '.join(options.model)}: give each once")
    takes = {
        "period": [name for name in names if name == "naive" or name in SEASONAL_MODELS],
        "seasonal": [name for name in names if name == "holt-winters"],
    }
    for option, models in takes.items():
        if getattr(options, option) is not None and not models:
            raise UsageError(f"--{option} is for models with a season, of which --model names none")
    made = {}
    for name in names:
        own = {option: None for option, models in takes.items() if name not in models}
        one = argparse.Namespace(**vars(options) | {"model": name} | own)
        made[name] = forecaster_of(one)
    return made


def forecaster_of(options: argparse.Namespace) -> Forecaster:
    """Make the forecaster that is asked for, within the bounds that are."""
    bounds = {"lower": options.lower, "upper": options.upper}
    if bounds == dict.fromkeys(bounds):
        return _without_bounds(options)
    bounded = TransformedForecaster(_without_bounds(options), None, **bounds)
    try:
        bounded.validate_parameters()
    except ValueError as error:
        raise UsageError(f"--{error}") from error
    return bounded


def _without_bounds(options: argparse.Namespace) -> Forecaster:
    """Make the forecaster that is named."""
    if options.model == "naive":
        return _yardstick(options)
    if options.model in MODELS:
        for option in ("period", "seasonal"):
            if getattr(options, option) is not None:
                raise UsageError(
                    f"--{option} is for models with a season: --model "
                    f"{' or '.join(SEASONAL_MODELS)}, not {options.model}"
                )
        return MODELS[options.model]()
    if options.model != "holt-winters" and options.seasonal is not None:
        chooses = (
            "adds seasons, and chooses by itself in which form"
            if options.model == "complex"
            else "chooses by itself whether a season is added or multiplied"
        )
        raise UsageError(f"--seasonal is for --model holt-winters: {options.model} {chooses}")
    if isinstance(options.period, int) and options.period < 2:
        raise UsageError(
            f"--period {options.period}: give the time steps of a season, 2 or more: 12 for months "
            "of a year, or auto for that of the dates"
        )
    given = {"period": options.period, "seasonal": options.seasonal}
    named = {name: value for name, value in given.items() if value is not None}
    return SEASONAL_MODELS[options.model](**named)


def _yardstick(options: argparse.Namespace) -> Forecaster:
    """Return what repeats the last season, or the last value where the dates tell of none."""
    period: Any = "auto" if options.period is None else options.period
    return NaiveForecaster(strategy="seasonal", period=period)
