"""Rules for fitted smoothers and the naive methods: what they must hold, beside each other."""

from __future__ import annotations

import numpy as np

from tsrnn._input.ragged import Batch
from tsrnn._input.scaling import ColumnScaling, Scaling
from tsrnn.forecasting.naive import NaiveModel
from tsrnn.priors import ExponentialPrior
from tsrnn.saving.checks import fields
from tsrnn.saving.checks.fields import FLOAT, INT, require
from tsrnn.saving.checks.models import check_found
from tsrnn.smoothing.complex.structure import SEASONAL_FORMS, ComplexStructure
from tsrnn.smoothing.demand_model import CELLS_OF, DemandModel
from tsrnn.smoothing.extent import Extent
from tsrnn.smoothing.model import SmoothingModel
from tsrnn.smoothing.smoothers import SmootherBatch
from tsrnn.smoothing.structure import Structure

# Powers of two that floats, subnormal ones included, are made of.
_EXPONENTS = 1100


def check_structure(one: Structure) -> None:
    """Check a member of the family; its cell, which may be large, is not made."""
    fields.choice(one.error, "error", ("add", "mul"))
    fields.choice(one.trend, "trend", (None, "add"))
    fields.choice(one.seasonal, "seasonal", (None, "add", "mul"))
    fields.flag(one.damped, "damped")
    require(one.trend or not one.damped, "a trend that is not there is not damped")
    period = fields.whole(one.period, "period", 1)
    require(one.seasonal or period == 1, "period must be 1 without a season")


def check_complex_structure(one: ComplexStructure) -> None:
    """Check a form of complex smoothing; its cell, which may be large, is not made."""
    fields.choice(one.seasonal, "seasonal", SEASONAL_FORMS)
    period = fields.whole(one.period, "period", 1)
    require((one.seasonal is None) == (period == 1), "a season has a period, and nothing else")


def check_extent(one: Extent) -> None:
    """Check the smallest and the largest values of series."""
    low = fields.numbers(one.low, "low", None)
    high = fields.numbers(one.high, "high", low.size)
    require((low <= high).all(), "high must not be below low")
    whole = fields.array(one.whole, "whole", FLOAT, low.size)
    require((whole >= 0.0).all(), "whole must not be negative")


def check_scaling(one: Scaling) -> None:
    """Check the units of series."""
    exponent = fields.array(one.exponent, "exponent", INT, None)
    require((np.abs(exponent) <= _EXPONENTS).all(), "exponent must be a float's")
    fields.numbers(one.centre, "centre", exponent.size)
    fields.numbers(one.spread, "spread", exponent.size)
    require((one.spread > 0.0).all(), "spread must be positive")


def check_columns(one: ColumnScaling) -> None:
    """Check the units of regressors."""
    offset = fields.numbers(one.offset, "offset", None, None)
    fields.numbers(one.unit, "unit", *offset.shape)
    require((one.unit > 0.0).all(), "unit must be positive")


def check_batch(one: Batch) -> None:
    """Check series one after the other."""
    values = fields.observations(one.values, "values", None)
    fields.offsets(one.offsets, "offsets", values.size)
    fields.numbers(one.regressors, "regressors", values.size, None)


def check_smoothers(one: SmootherBatch) -> None:
    """Check smoothers of one structure: all that their kernels read."""
    structure = fields.kind(one.structure, "structure", Structure, ComplexStructure)
    n_state = structure.n_state
    n = fields.numbers(one.sigma, "sigma", None, low=0.0).size
    fields.numbers(one.state, "state", n_state, n)
    n_parameters = len(structure.cell.parameters)
    theta = fields.numbers(one.theta, "theta", n_parameters, n, low=0.0)
    require((one.state[structure.is_share] != 0.0).all(), "a season that multiplies must not be 0")
    most = np.array([parameter.upper for parameter in structure.cell.parameters])
    require((theta <= np.maximum(most, 1.0)[:, None]).all(), "theta must not be above its bounds")
    require(theta.flags.c_contiguous, "theta must be in the order of C")
    require(one.state.flags.c_contiguous, "state must be in the order of C")
    size = fields.kind(one.scaling, "scaling", Scaling).exponent.size
    require(size == n, f"scaling must be of {n} series, not of {size}")
    uncertain = fields.positions(one.uncertain, "uncertain", n)
    require((np.diff(uncertain) > 0).all(), "uncertain must increase")
    require(structure.is_linear or not uncertain.size, "uncertain must be empty")
    fields.numbers(one.covariances, "covariances", uncertain.size, n_state, n_state)
    shape = fields.kind(one.columns, "columns", ColumnScaling).offset.shape
    fields.numbers(one.coefficients, "coefficients", n, None)
    require(shape == one.coefficients.shape, f"columns must have shape {one.coefficients.shape}")
    fields.tuple_of(one.origins, "origins", str)
    require(len(one.origins) == n_parameters + 1, "origins must be of all parameters")
    require(one.ahead is None, "ahead must be of no steps")


def _check_parts(parts: object, n: int) -> np.ndarray:
    """Check which series parts hold; return these."""
    found, n_columns = [np.empty(0, dtype=np.int64)], set()
    for part in fields.tuple_of(parts, "parts", tuple):
        require(len(part) == 2, "a part must be series and their smoothers")
        series, smoothers = part
        fields.kind(smoothers, "smoothers", SmootherBatch)
        found.append(fields.positions(series, "series", n, smoothers.n_series))
        n_columns.add(smoothers.coefficients.shape[1])
    require(len(n_columns) <= 1, "all parts must have the same regressors")
    return fields.positions(np.concatenate(found), "series of all parts", n)


def check_model(one: SmoothingModel) -> None:
    """Check smoothers: one for each series that has not failed."""
    n = fields.whole(one.n_series, "n_series", 1)
    check_found(one, _check_parts(one.parts, n))
    if one.extent is not None:
        size = fields.kind(one.extent, "extent", Extent).low.size
        require(size == n, f"extent must be of {n} series")


def check_naive(one: NaiveModel) -> None:
    """Check what is repeated."""
    last = fields.observations(one.last, "last", None, None)
    require(last.size > 0, "last must not be empty")
    fields.numbers(one.age, "age", *last.shape, low=0.0)
    n = last.shape[1]
    fields.numbers(one.drift, "drift", n)
    fields.numbers(one.sigma, "sigma", n, low=0.0)
    if isinstance(one.n_changes, np.ndarray):
        require((fields.numbers(one.n_changes, "n_changes", n) > 0.0).all(), "n_changes")
    else:
        require(fields.number(one.n_changes, "n_changes") > 0.0, "n_changes must be positive")
    # What was never seen is as old as the series, and what was is younger.
    unseen, seen = np.isnan(last), ~np.isnan(last)
    require(seen.any(axis=0).all(), "last must have a value of each series")
    oldest = np.where(unseen, one.age, np.inf).min(initial=np.inf)
    require((one.age[seen] <= oldest).all(), "last must not lack what was seen")
    fields.tuple_of(one.notes, "notes", Warning)


def check_demand(one: DemandModel) -> None:
    """Check smoothed demand: all that kernels read, and what past sizes were like."""
    fields.choice(one.variant, "variant", CELLS_OF)
    require(one.variant, "variant must not be None")
    fields.flag(one.counts, "counts")
    n_shares = fields.numbers(one.shares, "shares", None, low=0.0).size
    offsets = fields.offsets(one.offsets, "offsets", n_shares)
    n = offsets.size - 1
    require(n > 0 and (np.diff(offsets) > 0).all(), "each series must have shares")
    rising = np.diff(one.shares) >= 0.0
    rising[offsets[1:-1] - 1] = True
    require(rising.all(), "shares of a series must not decrease")
    theta = fields.array(one.theta, "theta", float, one.cell.n_parameters, n)
    state = fields.array(one.state, "state", float, one.cell.n_state, n)
    square = fields.array(one.square, "square", float, n)
    failed = fields.failures(one.failures, "failures", n)
    good = np.setdiff1d(np.arange(n), list(failed))
    fields.numbers(theta[:, good], "theta", len(theta), None, low=0.0)
    fields.numbers(state[:, good], "state", len(state), None, low=0.0)
    fields.numbers(square[good], "square", None, low=0.0)
    require((theta[:, good] <= 1.0).all(), "theta must not be above 1")
    is_probability = one.variant == "tsb"
    second = state[1, good]
    fits = second <= 1.0 if is_probability else second >= 1.0
    require(fits.all(), "the second of the states must be an interval, or a probability")
    require(is_probability or (state[2, good] >= 1.0).all(), "an interval must have begun")
    check_found(one, good)


def check_prior(one: ExponentialPrior) -> None:
    """Check the rates of a prior, which are a user's argument: no more than their type."""


CHECKS = {
    Batch: check_batch,
    ColumnScaling: check_columns,
    ComplexStructure: check_complex_structure,
    DemandModel: check_demand,
    ExponentialPrior: check_prior,
    Extent: check_extent,
    NaiveModel: check_naive,
    Scaling: check_scaling,
    SmootherBatch: check_smoothers,
    SmoothingModel: check_model,
    Structure: check_structure,
}
