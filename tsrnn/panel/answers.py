"""Answers of the forecasters of a panel to what is asked: forecasts, and bounds of intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tsrnn._input.notes import together, warn_user
from tsrnn._input.wording import Message
from tsrnn.panel.arguments import tails_of
from tsrnn.panel.calibration import PastErrors
from tsrnn.panel.report import id_of
from tsrnn.panel.state import FittedMember, FittedPanel, PanelRequest, RequestedRows
from tsrnn.panel.totals import last_rows, panel_total_quantiles


@dataclass(frozen=True)
class Asked:
    """A request for rows: intervals, totals, threads.

    Attributes
    ----------
    levels : list of float
        Of intervals, in percent.
    method : {"auto", "conformal"}
    total : bool
        Whether of the total of the rows of each series.
    paths : tuple
        How many of them totals are made of, and from what they are drawn.
    n_jobs : int or None
    """

    levels: Sequence[float]
    method: str
    total: bool
    paths: tuple[int, Any]
    n_jobs: int | None


def answered(
    fitted: FittedPanel,
    rows: RequestedRows,
    member: FittedMember,
    asked: Asked,
    past: PastErrors | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return forecasts of rows by one forecaster, and the bounds of its intervals.

    Returns
    -------
    forecasts : (n_rows,) array
        Of totals, one a series. NaN for series that have failed for this forecaster.
    bounds : (2 * n_levels, n_rows) array
        Lower and upper of each level.
    """
    if not member.left_out - fitted.lost:
        return _of_known(fitted.request(rows, member), asked, past)
    known = ~np.isin(rows.series, list(member.left_out))
    ends = last_rows(rows) if asked.total else np.arange(rows.series.size)
    answers = np.full((1 + 2 * len(asked.levels), ends.size), np.nan)
    if known.any():
        some = RequestedRows(*(part[known] for part in rows))
        forecasts, bounds = _of_known(fitted.request(some, member), asked, past)
        answers[0, known[ends]], answers[1:, known[ends]] = forecasts, bounds
    return answers[0], answers[1:]


def _of_known(
    request: PanelRequest, asked: Asked, past: PastErrors | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return forecasts and bounds of series that the model knows."""
    model, horizon, n_jobs = request.model, int(request.ahead.max()), asked.n_jobs
    levels = asked.levels

    def at(of_steps: np.ndarray) -> np.ndarray:
        return of_steps[request.ahead - 1, ..., request.series]

    forecasts = at(model.forecast(horizon, n_jobs)) + request.effect
    if asked.total:
        last = last_rows(request)
        totals = np.add.reduceat(forecasts, np.append(0, last[:-1] + 1))
        return totals, panel_total_quantiles(request, last, tails_of(levels), *asked.paths, n_jobs)
    if asked.method == "auto" and levels:
        quantiles = at(model.quantiles(horizon, tails_of(levels), n_jobs))
        return forecasts, np.atleast_2d(quantiles).T + request.effect
    bounds = np.empty((2 * len(levels), forecasts.size))
    if levels and past is not None:
        deviation = at(model.deviation(horizon, n_jobs))
        for i, level in enumerate(levels):
            for side, factors in enumerate(past.factors(horizon, level)):
                bound = forecasts + deviation * at(factors.T)
                bounds[2 * i + side] = past.nearest(bound)
    return forecasts, bounds


def tell_doubts(fitted: FittedPanel, horizon: int) -> None:
    """Warn of what models say of their forecasts of so many steps, if any."""
    ids = fitted.ids
    for member in fitted.members:
        doubts = member.model.doubts(horizon)
        for note in together(doubts, len(ids), lambda i: repr(id_of(ids, i))):
            if member.name is not None:
                note = type(note)(Message("{name}: {note}", name=member.name, note=note))
            warn_user(note)
