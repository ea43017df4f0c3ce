"""Rules for combinations of forecasters: members, how they are combined, past errors."""

from __future__ import annotations

import numpy as np

from tsrnn.compose.combining import Span
from tsrnn.compose.ensemble import EnsembleForecaster
from tsrnn.compose.ensemble_model import EnsembleModel, Member
from tsrnn.compose.past_errors import CombinedErrors
from tsrnn.saving.checks import fields
from tsrnn.saving.checks.fields import FLOAT, INT, require
from tsrnn.saving.checks.models import check_notes, n_series_of, of_either


def check_span(one: Span) -> None:
    """Check the ranges of series."""
    n = fields.numbers(one.low, "low", None).size
    fields.numbers(one.high, "high", n)
    middle = fields.numbers(one.middle, "middle", n)
    require((one.low <= one.high).all(), "ranges must not be empty")
    require(((one.low <= middle) & (middle <= one.high)).all(), "medians must lie in the ranges")
    count = fields.array(one.count, "count", INT, n)
    require((count >= 1).all(), "a series has a value")


def check_errors(one: CombinedErrors) -> None:
    """Check what past errors are computed from, and what was computed."""
    fields.kind(one.forecaster, "the forecaster", EnsembleForecaster)
    fields.arguments(one.forecaster)
    values = fields.observations(one.values, "values", None)
    offsets = fields.offsets(one.offsets, "offsets", values.size)
    require(offsets.size > 1 and (np.diff(offsets) > 0).all(), "series must not be empty")
    fields.numbers(one.regressors, "regressors", values.size, None)
    found = fields.kind(one._found, "past errors", dict)
    if found:
        require(set(found) == {"errors", "sizes"}, "past errors have sizes")
        fields.observations(found["errors"], "past errors", None, None, offsets.size - 1)
        fields.numbers(found["sizes"], "sizes", offsets.size - 1, low=0.0)


def check_member(one: Member) -> None:
    """Check a member at the ends of some series."""
    fields.whole(one.place, "place")
    model = of_either(one.model)
    fields.array(one.series, "series", INT, n_series_of(model))
    fields.flag(one.reads, "reads")
    if one.ahead is not None:
        require(one.reads, "effects are those of regressors")
        fields.array(one.ahead, "ahead", FLOAT, None, one.series.size)


def check_model(one: EnsembleModel) -> None:
    """Check that members have the series that are not failures."""
    n = fields.whole(one.n_series, "n_series", 1)
    names = fields.tuple_of(one.names, "names", str)
    require(names and len(set(names)) == len(names), "names must be different")
    seen: set[tuple[int, int]] = set()
    for member in fields.tuple_of(one.members, "members", Member):
        fields.whole(member.place, "place", 0, len(names) - 1)
        fields.positions(member.series, "series", n)
        places = {(member.place, i) for i in member.series.tolist()}
        require(seen.isdisjoint(places), "a member has a series once")
        seen |= places
    fields.flag(one.is_median, "is_median")
    fields.numbers(one.weights, "weights", len(names), n, low=0.0)
    span = fields.kind(one.span, "span", Span)
    require(span.low.size == n, f"the span must be of {n} series")
    past = fields.kind(one.past, "past", CombinedErrors)
    require(past.offsets.size == n + 1, f"past errors must be of {n} series")
    for line in fields.tuple_of(one.dropped, "dropped", tuple):
        require(len(line) == 3, "a member that is left out has name, series, reason")
        fields.choice(line[0], "the name of a member", names)
        fields.whole(line[1], "a series", 0, n - 1)
        fields.kind(line[2], "a reason", str)
    if one.known is not None:
        fields.array(one.known, "known", bool, None, n)
    failed = fields.failures(one.failures, "failures", n)
    present = np.asarray(one.present.any(axis=0))
    require(all(present[i] or i in failed for i in range(n)), "a series has a member, or failed")
    check_notes(one.notes, n)


CHECKS = {
    CombinedErrors: check_errors,
    EnsembleModel: check_model,
    Span: check_span,
    Member: check_member,
}
