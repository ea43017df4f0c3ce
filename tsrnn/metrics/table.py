"""Metrics of the rows of a frame: what each adds up, and what it looks at."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from tsrnn.metrics.terms import (
    interval_cost,
    pinball,
    ranked_probability,
    ratio,
    symmetric_percentage,
)
from tsrnn.metrics.training import Scales


class Interval(NamedTuple):
    """Bounds of a level, None where it is not known; `mark` is what metrics are called by it."""

    mark: str
    level: Any  # a float, or None
    lower: np.ndarray
    upper: np.ndarray


class Rows(NamedTuple):
    """Observed values, and what one model forecast of them; arrays have an element a row."""

    y: np.ndarray
    forecast: np.ndarray
    scales: Scales | None
    intervals: Sequence[Interval]

    @property
    def error(self) -> np.ndarray:
        """The absolute errors."""
        return np.abs(self.y - self.forecast)

    @property
    def levels(self) -> np.ndarray:
        """The quantiles that are known, (Q,): the bounds, and the forecast as the median."""
        sides = [0.5 + side * one.level for one in self.intervals for side in (-0.5, 0.5)]
        return np.array([0.5, *sides])

    @property
    def quantiles(self) -> np.ndarray:
        """Their forecasts, (Q, n)."""
        bounds = [bound for one in self.intervals for bound in (one.lower, one.upper)]
        return np.stack([self.forecast, *bounds])

    @property
    def pinball_losses(self) -> np.ndarray:
        """Their pinball losses, the mean over the quantiles."""
        return pinball(self.y, self.quantiles, self.levels).mean(axis=0)


class Metric(NamedTuple):
    """A metric: its terms, how they are averaged, and what else it looks at.

    `terms` is called with rows, and where `needs` holds "interval" with one of these too. `mean` is
    "plain", "root" (of the mean square) or "weighted" (the sum over that of |y|); `needs` holds
    "train", "interval", "level" and "quantiles".
    """

    terms: Callable[..., np.ndarray]
    mean: str = "plain"
    needs: frozenset[str] = frozenset()


def _holds(rows: Rows, of: Interval) -> np.ndarray:
    return ((of.lower <= rows.y) & (rows.y <= of.upper)).astype(float)


def _cost(rows: Rows, of: Interval) -> np.ndarray:
    return interval_cost(rows.y, of.lower, of.upper, of.level)


def _quantile_loss(rows: Rows) -> np.ndarray:
    return 2.0 * rows.pinball_losses


METRICS = {
    "mae": Metric(lambda rows: rows.error),
    "rmse": Metric(lambda rows: rows.error, "root"),
    "smape": Metric(lambda rows: symmetric_percentage(rows.y, rows.forecast)),
    "wape": Metric(lambda rows: rows.error, "weighted"),
    "bias": Metric(lambda rows: rows.forecast - rows.y),
    "mase": Metric(
        lambda rows: ratio(rows.error, rows.scales.mean),
        needs=frozenset({"train"}),
    ),
    "rmsse": Metric(
        lambda rows: ratio(rows.error, rows.scales.root_mean_square),
        "root",
        frozenset({"train"}),
    ),
    "coverage": Metric(_holds, needs=frozenset({"interval"})),
    "winkler_score": Metric(_cost, needs=frozenset({"interval", "level"})),
    "msis": Metric(
        lambda rows, of: ratio(_cost(rows, of), rows.scales.mean),
        needs=frozenset({"interval", "level", "train"}),
    ),
    "pinball_loss": Metric(
        lambda rows: rows.pinball_losses,
        needs=frozenset({"quantiles", "level"}),
    ),
    "weighted_quantile_loss": Metric(
        _quantile_loss,
        "weighted",
        frozenset({"quantiles", "level"}),
    ),
    "scaled_quantile_loss": Metric(
        lambda rows: ratio(_quantile_loss(rows), rows.scales.mean),
        needs=frozenset({"quantiles", "level", "train"}),
    ),
    "crps": Metric(
        lambda rows: ranked_probability(rows.y, rows.quantiles, rows.levels),
        needs=frozenset({"quantiles", "level"}),
    ),
}


def needs_of(metrics: Sequence[str]) -> frozenset[str]:
    """Return what metrics look at beside values and forecasts, all of them together."""
    return frozenset().union(*(METRICS[name].needs for name in metrics))


def terms_of(metrics: Sequence[str], rows: Rows) -> Iterator[tuple[str, np.ndarray, str]]:
    """Yield the columns of metrics: what they are called, their terms, and how to average these."""
    for name in metrics:
        metric = METRICS[name]
        if "interval" in metric.needs:
            for interval in rows.intervals:
                yield f"{name}{interval.mark}", metric.terms(rows, interval), metric.mean
        else:
            yield name, metric.terms(rows), metric.mean


def is_metric(column: Hashable) -> bool:
    """Tell whether `evaluate` gives a column of that name, a level behind it or not."""
    name, _, percent = str(column).partition("-")
    return name in METRICS and (not percent or "interval" in METRICS[name].needs)


def is_coverage(column: Hashable) -> bool:
    """Tell whether a column of that name holds shares of values within intervals."""
    return str(column).partition("-")[0] == "coverage"
