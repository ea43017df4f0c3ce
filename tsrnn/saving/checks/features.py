"""Rules for features of time and the regressions on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tsrnn.compose.coefficients import Coefficients
from tsrnn.compose.regression_model import RegressionModel
from tsrnn.features import CalendarFeatures, FourierFeatures, HolidayFeatures, StepFeatures
from tsrnn.features.hosts import ReadyColumns
from tsrnn.features.time_features import TimeFeatures
from tsrnn.forecasting.naive import NaiveModel
from tsrnn.saving.checks import fields
from tsrnn.saving.checks.fields import require
from tsrnn.saving.checks.models import check_notes, n_series_of, of_either


def check_features(one: TimeFeatures) -> None:
    """Check features, and how many columns they make if they have learned."""
    fields.arguments(one)
    if not fields.is_fitted(one):
        return
    one.validate_parameters()
    fields.members(one, ["feature_names_"])
    names = fields.kind(one.feature_names_, "feature_names_", list)
    require(all(isinstance(name, str) for name in names), "names of columns are words")
    if isinstance(one, CalendarFeatures):
        fields.members(one, ["levels_"])
        for part, levels in fields.kind(one.levels_, "levels_", dict).items():
            fields.kind(part, "a part", str)
            for level in fields.kind(levels, "levels", list):
                fields.whole(level, "a level", 0, 366)
            require(levels, "a part has a level")
    if isinstance(one, HolidayFeatures):
        fields.members(one, ["holidays_", "step_", "_columns"])
        fields.kind(one.step_, "step_", str, int)
        for column in fields.kind(one._columns, "columns", list):
            fields.kind(column, "a column", tuple)
            require(len(column) == 2, "a column is a holiday and a distance")
            fields.kind(column[0], "a holiday", str)
            fields.whole(column[1], "a distance", -366, 366)
    require(len(names) == one.n_columns, "each column has a name")


def check_ready(one: ReadyColumns) -> None:
    """Check the names of columns that are there already."""
    fields.tuple_of(one.names, "names", str)


def check_coefficients(one: Coefficients) -> None:
    """Check the coefficients of series."""
    n, p = fields.numbers(one.values, "values", None, None).shape
    errors = fields.observations(one.errors, "errors", n, p)
    require((np.nan_to_num(errors) >= 0.0).all(), "errors must not be below 0")
    fields.numbers(one.roots, "roots", n, p, p)
    fields.numbers(one.origin, "origin", n, p)
    labels = fields.array(one.labels, "labels", object, n)
    require(all(isinstance(label, str) for label in labels), "labels must be words")


def check_regression(one: RegressionModel) -> None:
    """Check the model of series net of effects."""
    found = fields.kind(one.learned, "learned", Coefficients)
    n, p = found.values.shape
    require(n_series_of(of_either(one.inner)) == n, f"the model within must be of {n} series")
    require(len(fields.tuple_of(one.names, "names", str)) == p, f"names must be of {p} columns")
    failed = fields.failures(one.failures, "failures", n)
    within = () if isinstance(one.inner, NaiveModel) else one.inner.failures
    require(set(within) <= failed.keys(), "what failed within must have failed")
    if one.known is not None:
        fields.numbers(one.known, "known", None, n, p)
    check_notes(one.notes, n)


CHECKS: dict[type, Callable[[Any], None]] = {
    **dict.fromkeys(
        (CalendarFeatures, FourierFeatures, HolidayFeatures, StepFeatures), check_features
    ),
    Coefficients: check_coefficients,
    ReadyColumns: check_ready,
    RegressionModel: check_regression,
}
