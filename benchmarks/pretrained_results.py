"""Published scores of models trained on other series, and of statsforecast's, on M3 and M4 yearly.

From autogluon/fev, benchmarks/chronos_zeroshot/results (one file a model), the results of the
benchmark "zero-shot" of Chronos. MASE is that of the competitions, the mean over the series. WQL is
the weighted quantile loss of the deciles .1, .2, ..., .9: twice the sum of their pinball losses
over the sum of |y|, over all series and steps, and the mean over the deciles. The series are those
of `fetch_m3` and `fetch_m4`: the MASE of the seasonal naive forecast is ours to 2e-4. Its published
WQL is that of points, each of which stands for all its quantiles: it is the WAPE.

`table` prints them with ours. The last columns are the geometric means over the sets of what each
score is of that of the seasonal naive forecast, by which that benchmark ranks.
"""

import time
from collections.abc import Callable, Iterable

import pandas as pd

from tsrnn import PanelForecaster
from tsrnn.datasets import fetch_m3, fetch_m4
from tsrnn.forecasting.forecaster import Forecaster
from tsrnn.metrics import evaluate, relative_scores

SETS = ("m3-monthly", "m3-quarterly", "m3-yearly", "m4-yearly")
BASELINE = "seasonal naive"

# MASE and WQL on these sets.
PUBLISHED = {
    BASELINE: ((1.1462, 0.1485), (1.4253, 0.1013), (3.1717, 0.1665), (3.9744, 0.1614)),
    "TiRex": ((0.8308, 0.0899), (1.1542, 0.0699), (2.7099, 0.1264), (3.4301, 0.1174)),
    "TimeCopilot": ((0.8286, 0.0901), (1.184, 0.0712), (2.759, 0.1250), (3.412, 0.1170)),
    "Chronos-Bolt base": ((0.8511, 0.0927), (1.289, 0.0761), (2.906, 0.1293), (3.514, 0.1214)),
    "statsforecast AutoETS": ((0.8634, 0.0931), (1.144, 0.0703), (2.695, 0.1294), (3.086, 0.1111)),
    "statsforecast AutoTheta": (
        (0.8547, 0.0947),
        (1.119, 0.0702),
        (2.610, 0.1277),
        (3.094, 0.1146),
    ),
}

# Intervals whose bounds are deciles; the forecast stands for the median.
LEVELS = [20, 40, 60, 80]
METRICS = ["mase", "weighted_quantile_loss", "scaled_quantile_loss"]
NAMES = {"mase": "MASE", "weighted_quantile_loss": "WQL", "scaled_quantile_loss": "SQL"}


def scores_of(
    name: str,
    models: Callable[[int], Iterable[tuple[str, Forecaster]]],
    data_home: str | None,
    n_jobs: int,
) -> pd.DataFrame:
    """Score models on one set: a row a model, with the seconds that it took."""
    competition, frequency = name.split("-")
    fetch = fetch_m3 if competition == "m3" else fetch_m4
    data = fetch(frequency, data_home=data_home, as_frame=True)
    tables, seconds = [], {}
    for model, forecaster in models(data.seasonality):
        start = time.perf_counter()
        panel = PanelForecaster(forecaster, alias="forecast", freq=1, n_jobs=n_jobs)
        table = panel.fit(data.train).predict(data.horizon, level=LEVELS)
        seconds[model] = time.perf_counter() - start
        tables.append(data.test.merge(table, on=["unique_id", "ds"]).assign(model=model))
    frame = pd.concat(tables, ignore_index=True)
    scores = evaluate(frame, METRICS, y_train=data.train, period=data.seasonality)
    return scores.assign(data=name, seconds=scores["model"].map(seconds))


def table(
    models: Callable[[int], Iterable[tuple[str, Forecaster]]], data_home: str | None, n_jobs: int
) -> None:
    """Print published scores, and below them those of models, made for a period."""
    published = pd.DataFrame(
        [
            {"model": model, "data": name, "mase": mase, "weighted_quantile_loss": wql}
            for model, scores in PUBLISHED.items()
            for name, (mase, wql) in zip(SETS, scores, strict=True)
        ]
    )
    ours = pd.concat([scores_of(name, models, data_home, n_jobs) for name in SETS])
    ours["model"] = "ours, " + ours["model"]
    keys = ["mase", "weighted_quantile_loss"]
    both = pd.concat([published, ours[["model", "data", *keys]]])
    relative = relative_scores(both, BASELINE, keys).set_index("model")
    print(f"{'MASE / WQL':<34}" + "".join(f"{name:>18}" for name in (*SETS, "relative")))
    for model in relative.index:
        own = both[both["model"] == model].set_index("data")
        cells = [*(own.loc[name, keys] for name in SETS), relative.loc[model]]
        print(f"{model:<34}" + "".join(f"{f'{a:.4f} / {b:.4f}':>18}" for a, b in cells))
    print(f"\n{'SQL, and seconds':<34}" + "".join(f"{name:>18}" for name in SETS))
    for model, own in ours.groupby("model", sort=False):
        pairs = zip(own["scaled_quantile_loss"], own["seconds"], strict=True)
        print(f"{model:<34}" + "".join(f"{f'{a:.4f}, {b:.1f} s':>18}" for a, b in pairs))
