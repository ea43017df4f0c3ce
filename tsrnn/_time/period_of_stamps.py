"""The periods that time stamps tell of by themselves, where no forecaster is fitted."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tsrnn._input.ragged import rows_of
from tsrnn._time.find_grid import find_grid
from tsrnn._time.labels import kind_of, stamps_of
from tsrnn._time.stamps import codec_of


def periods_of_stamps(
    labels: pd.Index, offsets: np.ndarray, n_observed: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the period that a forecaster would take for each series by its stamps.

    Parameters
    ----------
    labels : pd.Index
        Of the rows; those of series i are `labels[offsets[i]:offsets[i + 1]]`.
    offsets : (n_series + 1,) int64 array
    n_observed : (n_series,) int array
        How many values a series has: no season is taken of fewer than two.

    Returns
    -------
    periods : (n_series,) int64 array
        1 where there is no season, or no date to tell it by.
    are_irregular : (n_series,) bool array
        Whether the dates of a series lie on no regular grid, so that they tell of no season.
    """
    n_series = len(offsets) - 1
    periods, are_irregular = np.ones(n_series, dtype=np.int64), np.zeros(n_series, dtype=bool)
    if kind_of(labels) not in ("dates", "periods"):
        return periods, are_irregular
    stamps = stamps_of(labels)
    codec = codec_of(stamps)
    ordinals = codec.read(stamps)
    goes_back = np.flatnonzero((ordinals[1:] <= ordinals[:-1]) | stamps.isna()[1:]) + 1
    goes_back = np.setdiff1d(goes_back, offsets)
    are_irregular[np.searchsorted(offsets, goes_back, side="right") - 1] = True
    known = np.flatnonzero(~are_irregular & (np.diff(offsets) > 1))
    if known.size:
        rows, own = rows_of(offsets, known)
        grid, failures = find_grid(ordinals[rows], own, codec, None, "labels")
        seasons, kind = grid.seasons()
        are_irregular[known[list(failures)]] = True
        for i in np.setdiff1d(np.arange(known.size), list(failures)).tolist():
            season = seasons[kind[i]].among(int(n_observed[known[i]]))
            periods[known[i]] = season.taken
    return periods, are_irregular
