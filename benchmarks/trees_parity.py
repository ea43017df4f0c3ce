"""Boosted trees on lags beside mlforecast's: equal features, equal forecasts, and seconds.

Run as `python benchmarks/trees_parity.py --data-home FOLDER [--data m4-weekly] [--rounds 3]`, where
mlforecast is installed.

Both train one HistGradientBoostingRegressor, with the same seed, on the same lags and rolling
statistics of all series, recursively and with one regressor a step. Values are read as they are,
`units="raw"`, for so does mlforecast. Printed are the largest difference between the features, as a
share of the largest of each row, that between forecasts, as a share of their size, and the seconds
from the frame to the forecasts, the median of the rounds, each of which runs both. The sMAPE and
MASE of the test parts follow, with those of the default, `units="window"`.
"""

import argparse
import warnings
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
from m_competitions import Part, load, score, timed
from mlforecast import MLForecast
from mlforecast.lag_transforms import RollingMean, RollingStd
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.ensemble import HistGradientBoostingRegressor

from tsrnn import PanelForecaster, WindowForecaster

LAGS = (1, 2, 3, 4, 8, 13, 26, 52)
ROLLING = ((4, "mean"), (13, "mean"), (13, "std"))
TREE = HistGradientBoostingRegressor(random_state=0)


READ: list[np.ndarray] = []


class Reader(RegressorMixin, BaseEstimator):
    """Keeps what the first of it is trained on in `READ`."""

    def fit(self, X, y):
        READ.append(np.column_stack([X, y]))
        return self

    def predict(self, X):
        return np.zeros(len(X))


def theirs(rolling: bool) -> MLForecast:
    """Return mlforecast with the same lags."""
    statistics = {"mean": RollingMean, "std": RollingStd}
    transforms = {1: [statistics[name](n) for n, name in ROLLING]} if rolling else None
    return MLForecast({"tree": TREE}, freq=1, lags=list(LAGS), lag_transforms=transforms)


def ours(estimator: BaseEstimator, horizon: int | None, rolling: bool, units: str = "raw"):
    """Return a panel of the forecaster."""
    statistics = ROLLING if rolling else ()
    model = WindowForecaster(estimator, LAGS, rolling=statistics, horizon=horizon, units=units)
    return PanelForecaster(model, alias="tree")


def apart(one: np.ndarray, other: np.ndarray) -> float:
    """Return the largest difference in the rows of two matrices, as a share of the row's size."""
    return float(np.max(np.abs(one - other).max(axis=1) / np.abs(other).max(axis=1)))


def compare_features(part: Part, rolling: bool) -> None:
    """Print how far the matrices are apart."""
    table = theirs(rolling).preprocess(part.frame, static_features=[])
    columns = [name for name in table if name not in ("unique_id", "ds", "y")]
    READ.clear()
    ours(Reader(), None, rolling).fit(part.frame)
    read = READ[0]
    expected = table[[*columns, "y"]].to_numpy()
    print(
        f"{'features':<26}{read.shape[0]:>8} rows, {len(columns)} columns"
        f"{apart(read, expected):>16.1e} apart",
        flush=True,
    )


def compare_forecasts(part: Part, rolling: bool, horizon: int | None, n_rounds: int) -> None:
    """Print how far forecasts are apart, and the seconds of each."""
    seconds = np.empty((n_rounds, 2))
    for i in range(n_rounds):
        own, seconds[i, 0] = timed(
            lambda: ours(TREE, horizon, rolling).fit(part.frame).predict(part.horizon)
        )
        peer, seconds[i, 1] = timed(
            lambda: (
                theirs(rolling)
                .fit(part.frame, static_features=[], max_horizon=horizon)
                .predict(part.horizon)
            )
        )
    one, other = part.rows_of(own, "tree"), part.rows_of(peer, "tree")
    equal = np.mean(one == other)
    name = "recursive" if horizon is None else "one tree a step"
    mine, their = np.median(seconds, axis=0)
    result = score(part, one, {})
    print(
        f"{name:<26}{apart(one, other):>10.1e} apart, {equal:.1%} the same bits, "
        f"{mine:.1f} s, mlforecast {their:.1f} s; {errors(result)}",
        flush=True,
    )


def fit_and_predict(panel: PanelForecaster, part: Part) -> pd.DataFrame:
    """Return the table of forecasts."""
    return panel.fit(part.frame).predict(part.horizon)


def errors(result) -> str:
    """Lay out the errors of the test part."""
    return f"sMAPE {result.smape.mean():.2f}, MASE {result.mase.mean():.3f}"


def main() -> None:
    """Read the options, and run."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--data-home")
    parser.add_argument("--data", default="m4-weekly")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # of raw values little is learned that helps
    part = load(options.data, options.data_home, None)
    # The order of rows is that of the frame, and of what a tree draws from them.
    part = replace(part, frame=part.frame.sort_values(["unique_id", "ds"], ignore_index=True))
    for rolling in (False, True):
        print("with rolling statistics" if rolling else "lags alone")
        compare_features(part, rolling)
        for horizon in (None, part.horizon):
            compare_forecasts(part, rolling, horizon, options.rounds)
    for horizon in (None, part.horizon):
        panel = ours(TREE, horizon, True, "window")
        table, seconds = timed(partial(fit_and_predict, panel, part))
        forecast = part.rows_of(table, "tree")
        name = "recursive" if horizon is None else "one tree a step"
        print(f"units='window', {name:<18}{seconds:.1f} s; {errors(score(part, forecast, {}))}")


if __name__ == "__main__":
    main()
