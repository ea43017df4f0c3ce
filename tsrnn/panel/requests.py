"""Requests to a fitted panel: a horizon, or a frame of the time stamps to forecast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tsrnn._input.frames import is_frame
from tsrnn._input.ragged import others
from tsrnn._input.validation import check_count
from tsrnn.panel.fill import StepRules
from tsrnn.panel.frame import Columns
from tsrnn.panel.reading import FittedFrame, read_further
from tsrnn.panel.report import (
    failure_table,
    refuse_all_failed,
    warn_of_failures,
    warn_of_last_step,
)
from tsrnn.panel.state import FittedPanel, RequestedRows


@dataclass(frozen=True)
class RequestReader:
    """Reader of requests to a fitted panel.

    Attributes
    ----------
    fitted : FittedPanel
    columns : Columns
    frame : FittedFrame
        The frame that was fitted to.
    failed : Series
        The ids of series that failed.
    rules : StepRules
        By which rows are put together.
    unknown : frozenset of int
        Positions of regressors that no forecaster reads ahead of what was seen.
    """

    fitted: FittedPanel
    columns: Columns
    frame: FittedFrame
    failed: pd.Series
    rules: StepRules
    unknown: frozenset[int] = frozenset()

    def read(self, h: Any, X_df: Any) -> RequestedRows:
        """Read what is to be predicted."""
        if is_frame(h):
            if X_df is not None:
                raise TypeError("predict takes one frame: predict(h, X_df), or predict(X_df)")
            h, X_df = None, h
        if h is not None:
            h = check_count("h", h)
        if isinstance(X_df, int):
            raise TypeError(
                f"X_df must be a frame of what to predict, got {X_df}: other numbers are given by "
                f"name, as in simulate({h}, n_paths={X_df}) or predict({h}, level={X_df})"
            )
        if X_df is not None:
            return self._rows_of(h, X_df)
        if h is None:
            raise TypeError("predict takes a horizon, such as 12, or a frame of what to predict")
        names = self.frame.regressors
        needed = [one for i, one in enumerate(names) if i not in self.unknown]
        if needed:
            raise ValueError(
                f"the panel was fitted with the regressors {names}: pass X_df with "
                f"{'their values' if needed == names else f'the values of {needed}'} in the time "
                "steps asked"
            )
        return self.fitted.next_steps(h, len(names))

    def read_values(self, df: Any) -> tuple[RequestedRows, np.ndarray, int]:
        """Read rows that follow the series, and their values.

        Returns
        -------
        rows : RequestedRows
        values : (n_rows,) array
        n_failed : int
            Series that are not among them, for they failed.
        """
        repeats = self.rules.aggregate is not None
        more, failures, _ = read_further(
            df, self.frame, self.columns, "df", is_new=True, repeats=repeats
        )
        n_given = len(more.ids)
        more, failures, series = self.fitted.placed(more, failures, self.failed, "df")
        if len(more.ids) == 0:
            raise ValueError("df holds failed series alone: see failures_")
        refuse_all_failed(failures, more.ids)
        good = others(len(series), failures)
        part, series = more.take(good), series[good]
        part, bad, doubt, _ = self.fitted.joint(part, series, self.rules, self.columns.time)
        failures |= {int(good[i]): error for i, error in bad.items()}
        refuse_all_failed(failures, more.ids)
        table = failure_table([(None, failures)], more.ids, self.columns.id)
        warn_of_failures(table, len(more.ids), "df")
        warn_of_last_step(doubt)
        kept = others(len(series), bad)
        more = part.take(kept)
        rows = self.fitted.steps_of(more, series[kept], None, self.columns.time, "df")
        return rows, more.values, n_given - len(more.ids)

    def _rows_of(self, h: int | None, X_df: Any) -> RequestedRows:
        """Read a frame of what is to be predicted; series of it that will not do are left out."""
        unknown = [self.frame.regressors[i] for i in self.unknown]
        more, failures, _ = read_further(
            X_df, self.frame, self.columns, "X_df", is_new=False, unknown=unknown
        )
        more, failures, series = self.fitted.placed(more, failures, self.failed, "X_df")
        if len(more.ids) == 0:
            raise ValueError("X_df holds failed series alone: see failures_")
        refuse_all_failed(failures, more.ids)
        table = failure_table([(None, failures)], more.ids, self.columns.id)
        warn_of_failures(table, len(more.ids), "X_df")
        if h is not None:
            self.fitted.refuse_absent(series)
        good = others(len(series), failures)
        return self.fitted.steps_of(more.take(good), series[good], h, self.columns.time)
