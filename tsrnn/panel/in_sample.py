"""Values that a panel has seen, or that came after its forecasts, beside what it predicts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from tsrnn._input.notes import warn_user
from tsrnn._input.ragged import differences, rows_between
from tsrnn.forecasting.rows import mean_r2
from tsrnn.panel.frame import Columns, Panel
from tsrnn.panel.report import id_of
from tsrnn.panel.state import RequestedRows


def table_in_sample(
    panel: Panel,
    series: np.ndarray,
    columns: Columns,
    predictions: Sequence[tuple[Sequence[str], np.ndarray]],
) -> pd.DataFrame:
    """Lay out what some series of a panel were, and what each model has predicted.

    Parameters
    ----------
    panel : Panel
    series : (k,) array
    columns : Columns
    predictions : sequence of (names, array)
        Of each model: what its columns are called, and these, of all rows of the panel.

    Raises
    ------
    ValueError
        If time stamps are not known.
    """
    if not differences(panel.ordinals, panel.offsets).any():
        raise ValueError(
            "the panel is from a file of an earlier version, which did not keep the time stamps of "
            "what it was fitted to: fit it again"
        )
    lengths = panel.lengths[series]
    rows = rows_between(panel.offsets[series], lengths)
    table = {
        columns.id: panel.ids.take(np.repeat(series, lengths)),
        columns.time: panel.codec.write(panel.ordinals[rows]),
        columns.target: panel.values[rows],
    }
    for names, found in predictions:
        table |= dict(zip(names, found[:, rows], strict=True))
    return pd.DataFrame(table)


def mean_score(
    rows: RequestedRows,
    values: np.ndarray,
    forecasts: np.ndarray,
    n_failed: int,
    name: str,
    ids: pd.Index,
) -> float:
    """Return the mean R2 of forecasts of rows, series by series, where values are known.

    Parameters
    ----------
    rows : RequestedRows
    values, forecasts : (n_rows,) arrays
    n_failed : int
        Series that are not among the rows, for they failed.
    name : str
        What the model is called.
    ids : pandas.Index

    Raises
    ------
    ValueError
        If a series has fewer than two values.
    """
    starts = np.flatnonzero(np.diff(rows.series, prepend=-1))
    scores = []
    for of_series in np.split(np.arange(rows.series.size), starts[1:]):
        truth, predicted = values[of_series], forecasts[of_series]
        if np.isnan(predicted).all():
            n_failed += 1
            continue
        if np.count_nonzero(~np.isnan(truth)) < 2:
            raise ValueError(
                f"df has fewer than two values of {id_of(ids, rows.series[of_series[0]])!r}, of "
                "which R2 says nothing: give more time steps, or leave the series out"
            )
        scores.append(mean_r2(truth[:, None], predicted[:, None], np.ones(truth.size)))
    if not scores:
        raise ValueError(f"df holds no series that {name} forecasts: see failures_")
    if n_failed:
        warn_user(f"{n_failed} series have no forecast of {name}, and no part in its score")
    return float(np.mean(scores))
