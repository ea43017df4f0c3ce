"""Long frames for the tests of panels, and what they are held against: one series at a time."""

import warnings

import numpy as np
import pandas as pd

from tsrnn import SimpleExpSmoothingRNN

# Fast, and with a state that depends on every value.
SES = SimpleExpSmoothingRNN(alpha=0.3, initial_state="heuristic")


def make_frame(lengths, *, start="2020-01-01", freq="D", seed=0, n_regressors=0):
    """Random walks named a, b, c and so on, of these lengths; they end on the same day."""
    rng = np.random.default_rng(seed)
    frames = []
    stamps = pd.date_range(start, periods=max(lengths), freq=freq)
    for i, length in enumerate(lengths):
        columns = {
            "unique_id": [chr(ord("a") + i)] * length,
            "ds": stamps[len(stamps) - length :],
            "y": rng.normal(size=length).cumsum(),
        }
        for j in range(n_regressors):
            columns[f"x{j}"] = rng.normal(size=length)
        frames.append(pd.DataFrame(columns))
    return pd.concat(frames, ignore_index=True)


def series_of(df, name):
    """One series of a frame, with its time stamps, in order."""
    rows = df[df["unique_id"] == name].sort_values("ds").set_index("ds")
    return rows.drop(columns="unique_id")


def one_by_one(forecaster, df, h):
    """The long frame of forecasts, fitted in a loop over the series."""
    frames = []
    for name in sorted(df["unique_id"].unique()):
        ahead = forecaster.fit(series_of(df, name)["y"]).predict(h)
        frames.append(
            pd.DataFrame({"unique_id": name, "ds": ahead.index, "yhat": ahead.to_numpy()})
        )
    return pd.concat(frames, ignore_index=True)


def quietly(call, *arguments, **options):
    """Call, whatever is warned of."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return call(*arguments, **options)
