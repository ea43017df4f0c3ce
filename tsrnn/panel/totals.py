"""Totals of the next steps of the series of a panel: each as if the series was alone."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state

from tsrnn._compute.threads import in_threads, one_blas_thread
from tsrnn._input.ragged import counted
from tsrnn.exceptions import InvalidParameterError
from tsrnn.forecasting.totals import check_totals, total_quantiles
from tsrnn.panel.report import id_of
from tsrnn.panel.state import PanelRequest, RequestedRows

# Series in a unit of work.
_CHUNK = 32


def check_panel_totals(
    total: bool, n_paths: int | None, random_state: Any, levels: list[float], method: str
) -> tuple[int, Any]:
    """Return how many paths to draw for each series, and from what; see `check_totals`."""
    n_paths_read, source = check_totals(total, n_paths, random_state)
    if total and method == "conformal":
        raise InvalidParameterError(
            "conformal intervals are of single steps: with total=True leave method out"
        )
    if total and not levels:
        for name, value in {"n_paths": n_paths, "random_state": random_state}.items():
            if value is not None:
                raise InvalidParameterError(
                    f"{name} is for intervals of totals: set level, such as level=90"
                )
    return n_paths_read, source


def refuse_other_rows(rows: RequestedRows, ids: pd.Index, time_col: Hashable, what: str) -> None:
    """Refuse rows of a series that are not the steps from its end on, one after the other.

    Raises
    ------
    ValueError
    """
    starts = np.append(0, last_rows(rows)[:-1] + 1)
    _, step = counted(np.diff(starts, append=rows.series.size))
    wrong = np.flatnonzero(rows.ahead != step + 1)
    if wrong.size:
        raise ValueError(
            f"{what} is of the time steps that follow the end of a series, one after the other: "
            f"X_df[{time_col!r}] has {rows.stamps[wrong[0]]} as row {step[wrong[0]]} of "
            f"{id_of(ids, rows.series[wrong[0]])!r}, which is step {rows.ahead[wrong[0]]}"
        )


def last_rows(rows: RequestedRows | PanelRequest) -> np.ndarray:
    """Return the last row of each series that is asked for."""
    series = rows.series
    return np.append(np.flatnonzero(series[1:] != series[:-1]), series.size - 1)


def panel_total_quantiles(
    request: PanelRequest,
    last: np.ndarray,
    quantiles: np.ndarray,
    n_paths: int,
    random_state: Any,
    n_jobs: int | None,
) -> np.ndarray:
    """Return quantiles of totals, (n_quantiles, n), those of each series as `Forecaster` has them.

    Parameters
    ----------
    request : PanelRequest
    last : (n,) array
        The last row of each series; see `last_rows`.
    quantiles : (n_quantiles,) array
    n_paths : int
    random_state : int, RandomState or None
        Series draw from the same numbers each, so that none depends on the others.
    n_jobs : int or None
    """
    seed = random_state
    if not isinstance(seed, int | np.integer):
        seed = check_random_state(seed).randint(np.iinfo(np.int32).max)
    found = np.empty((len(quantiles), last.size))
    if not len(quantiles):
        return found
    first = np.append(0, last[:-1] + 1)
    effect = np.broadcast_to(request.effect, request.series.shape)[:, None]

    def work(start: int) -> None:
        for k in range(start, min(start + _CHUNK, last.size)):
            model = request.model.alone(int(request.series[last[k]]))
            added = effect[first[k] : last[k] + 1]
            found[:, k] = total_quantiles(model, added, quantiles, n_paths, seed)[0, :, 0]

    with one_blas_thread():
        for _ in in_threads(work, [(start,) for start in range(0, last.size, _CHUNK)], n_jobs):
            pass
    return found
