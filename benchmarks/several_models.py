"""Seconds of several models in one panel, beside the same models in panels of their own.

    python benchmarks/several_models.py [--part monthly] [--repeat 3] [--data-home FOLDER]

Five models forecast the series of the M3 competition with intervals, once by one `PanelForecaster`
with a list and once by five, whose columns must be the same to the last bit. Both run in turn, in
one thread each, and the ratio is that of the smallest processor times.
"""

import argparse
import time
import warnings

import numpy as np
import pandas as pd

from tsrnn import (
    AutoExpSmoothingRNN,
    DoubleExpSmoothingRNN,
    NaiveForecaster,
    PanelForecaster,
    SimpleExpSmoothingRNN,
    ThetaForecaster,
)
from tsrnn.datasets import fetch_m3


def models(period):
    """Return five forecasters by their names."""
    return [
        ("naive", NaiveForecaster(strategy="seasonal", period=period)),
        ("ses", SimpleExpSmoothingRNN()),
        ("damped", DoubleExpSmoothingRNN(damped=True, prior="cautious")),
        ("theta", ThetaForecaster(period)),
        ("auto", AutoExpSmoothingRNN(period=period)),
    ]


def frame_of(series):
    """Return a long frame of series of unequal lengths."""
    lengths = [len(one) for one in series]
    return pd.DataFrame(
        {
            "unique_id": np.repeat(np.arange(len(series)), lengths),
            "ds": np.concatenate([np.arange(n) for n in lengths]),
            "y": np.concatenate(series),
        }
    )


def seconds_of(call):
    """Return how long a call takes, and what it returns."""
    start = time.process_time()
    answer = call()
    return time.process_time() - start, answer


def run(part, frame, repeat):
    """Print the seconds of both ways for one part of the data."""
    five, horizon = models(part.seasonality), part.horizon

    def together():
        return PanelForecaster(five, freq=1).fit(frame).predict(horizon, level=95)

    def apart():
        return [
            PanelForecaster(model, alias=name, freq=1).fit(frame).predict(horizon, level=95)
            for name, model in five
        ]

    times = {together: [], apart: []}
    for _ in range(repeat):
        for way, found in times.items():
            seconds, answer = seconds_of(way)
            found.append(seconds)
            if way is together:
                table = answer
    for one in answer:
        pd.testing.assert_frame_equal(table[list(one)], one, check_exact=True)
    one_call, five_calls = (min(found) for found in times.values())
    n_series = frame["unique_id"].nunique()
    print(f"{n_series:6} {one_call:10.2f} {five_calls:10.2f} {one_call / five_calls:8.2f}")


def main():
    """Read the command line, and run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--part", choices=["yearly", "quarterly", "monthly", "other"])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--data-home", help="folder of the data; see tsrnn.datasets.fetch_m3")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    print("part      series   together      apart    ratio")
    for name in [options.part] if options.part else ["yearly", "quarterly", "monthly", "other"]:
        part = fetch_m3(name, data_home=options.data_home)
        print(f"{name:9}", end=" ")
        run(part, frame_of(part.train), options.repeat)


if __name__ == "__main__":
    main()
