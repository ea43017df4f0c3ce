"""Simulated futures of the series of a panel, independent of each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state

from tsrnn._compute.threads import in_threads, one_blas_thread
from tsrnn.panel.frame import Columns
from tsrnn.panel.state import FittedMember, FittedPanel, RequestedRows
from tsrnn.panel.totals import last_rows

PATH = "path"
"""The column that numbers paths."""

# Series in a unit of work.
_CHUNK = 32


def seeds_of_series(random_state: Any, n_series: int) -> np.ndarray:
    """Draw what each series of a panel draws from, (n_series,)."""
    return check_random_state(random_state).randint(np.iinfo(np.int32).max, size=n_series)


def simulated(
    fitted: FittedPanel,
    rows: RequestedRows,
    member: FittedMember,
    seeds: np.ndarray,
    n_paths: int,
    n_jobs: int | None,
) -> np.ndarray:
    """Return paths of one forecaster through rows, (n_paths, n_rows).

    Parameters
    ----------
    fitted : FittedPanel
    rows : RequestedRows
        The steps from the end of each series on, one after the other.
    member : FittedMember
    seeds : (n_series,) array
        Of the series that are predicted, in order.
    n_paths : int
    n_jobs : int or None

    Returns
    -------
    paths : array
        NaN for series that have failed for this forecaster.
    """
    paths = np.full((n_paths, rows.series.size), np.nan)
    known = np.flatnonzero(~np.isin(rows.series, list(member.left_out)))
    if not known.size:
        return paths
    request = fitted.request(RequestedRows(*(part[known] for part in rows)), member)
    last = last_rows(request)
    first = np.append(0, last[:-1] + 1)
    effect = np.broadcast_to(request.effect, known.shape)
    seed = dict(zip(fitted.active.tolist(), seeds.tolist(), strict=True))

    def work(start: int) -> None:
        for k in range(start, min(start + _CHUNK, last.size)):
            i, of_series = int(request.series[last[k]]), slice(first[k], last[k] + 1)
            generator = np.random.RandomState(seed[i])
            horizon = int(last[k] + 1 - first[k])
            drawn = request.model.alone(i).simulate(horizon, n_paths, generator)[..., 0]
            drawn += effect[of_series, None]
            paths[:, known[of_series]] = drawn.T

    with one_blas_thread():
        for _ in in_threads(work, [(start,) for start in range(0, last.size, _CHUNK)], n_jobs):
            pass
    return paths


def table_of_paths(
    ids: pd.Index, rows: RequestedRows, columns: Columns, paths: Mapping[str, np.ndarray]
) -> pd.DataFrame:
    """Lay paths (n_paths, n_rows) of models out, one after the other: by series, path and time."""
    (n_paths, n_rows), *_ = (one.shape for one in paths.values())
    number, row = (part.ravel() for part in np.indices((n_paths, n_rows)))
    order = np.argsort(rows.series[row], kind="stable")
    number, row = number[order], row[order]
    return pd.DataFrame(
        {  # type: ignore[misc]  # names of columns may be of any kind
            columns.id: ids.take(rows.series[row]),
            PATH: number,
            columns.time: rows.stamps.take(row),
            **{name: one[number, row] for name, one in paths.items()},
        }
    )


def refuse_path(columns: Columns, names: Sequence[str]) -> None:
    """Refuse other columns of the name that numbers of paths have.

    Raises
    ------
    ValueError
    """
    if PATH in (columns.id, columns.time, *names):
        raise ValueError(
            f"a column is called {PATH!r}, as are the numbers of simulated paths: name it otherwise"
        )
