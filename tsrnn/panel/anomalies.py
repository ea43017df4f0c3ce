"""Values that no forecast expects, in one series, several, or a panel of many."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd

from tsrnn._input.frames import opened
from tsrnn._input.validation import check_level
from tsrnn.exceptions import InvalidParameterError
from tsrnn.forecasting.anomaly_rows import ADDED, anomalies_of_series
from tsrnn.forecasting.forecaster import Forecaster
from tsrnn.forecasting.foreign import way_to_forecaster
from tsrnn.panel.features import with_time_features
from tsrnn.panel.fitting import settle
from tsrnn.panel.forecaster import PanelForecaster
from tsrnn.panel.regular import regular_frame
from tsrnn.panel.report import failure_table, tell_failures, warn_of_last_step


def detect_anomalies(forecaster: Any, y: Any, X: Any = None, level: float = 0.99) -> pd.DataFrame:
    """Find values of a series that lie further from their predictions than they should.

    Every value is held against a prediction made one step before it, by a fit that has not seen the
    anomalies: what lies far out is missing to the next fit, by which all values are scored again,
    until the same ones stay out.

    Parameters
    ----------
    forecaster : forecaster or PanelForecaster
        What says which values are to be expected: any forecaster of this package. It is cloned, and
        not changed.
    y : array-like of shape (n_timesteps,) or (n_timesteps, n_series), Series or DataFrame
        The series, of ten values at least; NaN is a missing one. For a `PanelForecaster`, a long
        frame as for its `fit`.
    X : array-like of shape (n_timesteps, n_features), optional
        Regressors, as for the forecaster's `fit`. Those of a long frame are columns of it.
    level : float, default=0.99
        The share of usual values that lie between `lower` and `upper`, as a fraction. Of a clean
        series of 1,000 values about ten are flagged by default: 0.999 flags one.

    Returns
    -------
    frame : DataFrame
        A row a value, with the columns

        - time, the label of the row in the index of `y`, or in that of `X`, or its position where
          there is none, and y;
        - expected, the prediction, and the bounds of usual values about it, lower and upper;
        - score, in standard deviations: those of a normal distribution in which a value as unlikely
          would lie so far above or, negative, below what is expected. NaN where y is missing, and
          infinite where all others are predicted exactly;
        - is_anomaly, whether y lies outside of the bounds;
        - cleaned, y with what is expected in the place of anomalies:
          `frame.set_index("time")["cleaned"]` is a series with the labels of `y`, to fit to.

        Of several series the first column is series, its name or position, and rows are sorted by
        it. Of a long frame the first columns are called as there. Of a series or frame of polars or
        pyarrow it is a frame of that library.

    Raises
    ------
    ValueError
        If a series has fewer than ten values, or fewer than five that the forecaster predicts;
        and whatever its fit refuses.
    TypeError
        If `forecaster` is none of this package, or regressors are given beside a long frame.

    Warns
    -----
    UserWarning
        Whatever the forecaster's fit warns of, and for series of a long frame that failed, which
        are left out.

    Notes
    -----
    Up to a tenth of the values may be anomalies. The size and the tails of usual errors are learned
    from quantiles that these do not reach, as those of Student's distribution, and a normal one
    unless there is reason for another.

    Up to five values in a row may be anomalies. Where more stay where the first of them went, they
    are a new level, and what is expected follows: of a shift only the first five values are
    flagged. At the end of a series it cannot be told yet which it is.

    The first values of a series, by which a forecaster learns where it begins, are held against
    predictions of the reversed series.

    Bounds are on the scale of a `TransformedForecaster`, carried back. For a `CrostonForecaster` a
    demand can be too large, and is never too small.

    Examples
    --------
    >>> from tsrnn import DoubleExpSmoothingRNN, detect_anomalies
    >>> from tsrnn.datasets import load_co2
    >>> y = load_co2(adjusted=True)["1990":].copy()
    >>> y["1995-03"] += 2.0
    >>> frame = detect_anomalies(DoubleExpSmoothingRNN(), y)
    >>> found = frame[frame["is_anomaly"]].drop(columns=["is_anomaly", "cleaned"])
    >>> found.round({"expected": 1, "lower": 1, "upper": 1, "score": 1})
             time       y  expected  lower  upper  score
    62 1995-03-01  362.18     360.2  359.2  361.3    3.1
    """
    level = check_level(level)
    wanted = "forecaster must be a forecaster such as AutoExpSmoothingRNN()"
    if isinstance(forecaster, type):
        raise TypeError(f"{wanted}, got the class {forecaster.__name__}: make one of it")
    if isinstance(forecaster, PanelForecaster):
        if X is not None:
            raise TypeError("X must be left out: regressors of a long frame are columns of it")
        return _anomalies_of_frame(forecaster, y, level)
    if not isinstance(forecaster, Forecaster):
        raise TypeError(
            f"{wanted}, or a PanelForecaster, got {forecaster!r}{way_to_forecaster(forecaster)}"
        )
    y, kind = opened(y, "y")
    return kind.answer(anomalies_of_series(forecaster, y, X, level))


def _anomalies_of_frame(panel: PanelForecaster, df: Any, level: float) -> Any:
    """Return the frame of a panel's values; see `tsrnn.detect_anomalies`."""
    columns, forecasters = panel._validated()
    if len(forecasters) > 1:
        raise ValueError(
            f"forecaster is a panel of {len(forecasters)} forecasters, but anomalies are those of "
            "one: pass a PanelForecaster of one of them"
        )
    known = (columns.id, columns.time, columns.target)
    for name in known:
        if name in ADDED:
            raise InvalidParameterError(
                f"the column {name!r} would be given twice: what is added is called {list(ADDED)}"
            )
    rules, forecaster = panel._rules(), forecasters[0].forecaster
    frame = regular_frame(panel._read(df), rules, panel.time_col)
    part, grid, places, *_, doubt, _ = frame.part
    part, features = with_time_features(part, forecaster, rules)
    settled = settle(forecaster, frame.names, features, part, grid.seasons())
    with panel._progress(len(places)) as progress:
        found, failed = settled.anomalies(part, level, panel.n_jobs, progress)
    failures = frame.told([failed], [None])
    warn_of_last_step(doubt)
    tell_failures(failure_table(failures, frame.ids, panel.id_col), len(frame.ids))
    series = np.repeat(np.arange(len(places)), part.lengths)
    kept = ~np.isin(series, list(failed))
    answer: dict[Hashable, Any] = {
        panel.id_col: part.ids.take(series[kept]),
        panel.time_col: part.codec.write(part.ordinals[kept]),
        panel.target_col: part.values[kept],
        **{name: of_rows[kept] for name, of_rows in zip(ADDED, found, strict=True)},
    }
    return frame.read.form.answer(pd.DataFrame(answer), columns)
