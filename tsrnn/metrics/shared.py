"""Windows that all models of a frame forecast: those beside each other are compared on these."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import pandas as pd

from tsrnn._input.notes import warn_user
from tsrnn.metrics.columns import MODEL, Columns, names_models


def forecast_by_all(
    frame: pd.DataFrame, models: Sequence[Hashable], columns: Columns
) -> pd.DataFrame:
    """Leave out the windows that some model did not forecast at all, as where its fit failed.

    Parameters
    ----------
    frame : DataFrame
        With a column for each model. Where a column names the models of rows, all rows stay: which
        models are meant to be compared is not told there.
    models : sequence of label
    columns : Columns

    Returns
    -------
    shared : DataFrame
        Also with windows in which a model lacks only some forecasts, which is no failure of a fit.

    Raises
    ------
    ValueError
        If a model forecasts no window, or none is forecast by all.

    Warns
    -----
    UserWarning
        Of what is left out, and because of which models; of rows of models in different windows.
    """
    keys = [one for one in (columns.series, columns.cutoff) if one is not None]
    seen = frame[columns.target].notna().to_numpy()
    if names_models(frame):
        _tell_of_unlike(frame[seen], keys)
        return frame
    if len(models) < 2 or not keys:
        return frame
    window = frame.groupby(keys, sort=False, dropna=False).ngroup().to_numpy()
    observed = np.bincount(window, seen) > 0
    absent = {
        name: observed & (np.bincount(window, seen & frame[name].notna().to_numpy()) == 0)
        for name in models
    }
    lost = np.logical_or.reduce(list(absent.values()))
    if not lost.any():
        return frame
    for name, of_model in absent.items():
        if of_model[observed].all():
            raise ValueError(
                f"frame[{name!r}] has no forecast where a value is observed: leave the column out"
            )
    n_windows, n_shared = int(observed.sum()), int((observed & ~lost).sum())
    first = frame[keys].iloc[int(lost[window].argmax())].to_dict()
    lacks = ", ".join(f"{name!r} {of.sum()}" for name, of in absent.items() if of.any())
    if not n_shared:
        raise ValueError(
            f"frame has no window that all models forecast; of {n_windows} lack: {lacks}"
        )
    warn_user(
        f"models are compared on {n_shared} of {n_windows} windows, which all of them forecast; "
        f"there lack: {lacks}; the first left out is {first}"
    )
    return frame[~lost[window]]


def _tell_of_unlike(rows: pd.DataFrame, keys: Sequence[Hashable]) -> None:
    """Tell that models, which a column names, are scored in different windows."""
    if not keys or not len(rows):
        return
    window = rows.groupby(keys, sort=False, dropna=False).ngroup().to_numpy()
    model, names = pd.factorize(rows[MODEL], use_na_sentinel=False)
    own = np.zeros((len(names), int(window.max()) + 1), dtype=bool)
    own[model, window] = True
    lacking = (~own).sum(axis=1)
    if lacking.any():
        lacks = ", ".join(f"{names[i]!r} {lacking[i]}" for i in np.flatnonzero(lacking))
        warn_user(
            f"models are scored in different windows: of {own.shape[1]} lack: {lacks}; to compare "
            "models, keep those that all of them have"
        )
