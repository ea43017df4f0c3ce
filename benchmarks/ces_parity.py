"""Complex exponential smoothing beside statsforecast's AutoCES, form by form, on series of M3.

Run as `python benchmarks/ces_parity.py --data-home FOLDER [--series 500]`, where statsforecast is
installed. Theirs searches by Nelder and Mead's method in a box, from states that it finds by
running through the series there and back; ours in the part of the box in which the smoother is
stable. So each form is fitted from the states that theirs has ended with, and four things are told:

- filter: the largest relative difference of the squared errors with their parameters, by our cell;
- lower: the share of series where our minimum is not above theirs, by a thousandth at most;
- of the others, in how many theirs lies where the smoother is not stable, in which ours never is;
- alike: where parameters agree to .001, by how much of the range of the series forecasts differ, at
  the median and at most.

The last line is the sMAPE of both by default, each from states of its own.
"""

import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import argparse
import warnings
from collections.abc import Iterator

import numpy as np
from statsforecast import ces as theirs

from tsrnn import ComplexExpSmoothingRNN
from tsrnn._input.ragged import Batch, offsets_of
from tsrnn._scan.filtering import filter_series
from tsrnn.cells.complex_smoothing import stable_interval
from tsrnn.datasets import fetch_m3
from tsrnn.smoothing.complex.structure import ComplexStructure
from tsrnn.smoothing.fit import unnamed
from tsrnn.smoothing.fit_batch import fit_batch
from tsrnn.smoothing.search.task import Settings
from tsrnn.smoothing.spec import FitSpec, bounds_of

FORMS = {None: "N", "simple": "S", "partial": "P", "full": "F"}
PARAMETERS = ("alpha_0", "alpha_1", "beta_0", "beta_1")
SETTINGS = Settings("likelihood", 1.345, "gauss-newton", 200, 1e-10)


def batch_of(series: list[np.ndarray]) -> Batch:
    """Put series one after the other."""
    offsets = offsets_of(np.array([len(y) for y in series]))
    return Batch(np.concatenate(series), offsets, np.empty((offsets[-1], 0)))


def first_states(fitted: dict, form: str | None, period: int) -> np.ndarray:
    """Return their initial states as ours has them."""
    rows = fitted["states"]
    if form is None:
        return rows[0]
    if form == "simple":
        return rows[:period].T.ravel()
    return np.concatenate([rows[period - 1, :2], rows[:period, 2:].T.ravel()])


def is_stable(parameters: np.ndarray) -> bool:
    """Tell whether pairs of parameters are where ours searches."""
    for k in range(0, len(parameters) - 1, 2):
        if not 0.5 <= parameters[k + 1] <= 1.7:
            return False
        low, high, _, _ = stable_interval(parameters[k + 1], 1.8)
        if not low <= parameters[k] <= high:
            return False
    return True


def compare(series: list[np.ndarray], form: str | None, period: int, horizon: int) -> dict:
    """Fit one form to series of one frequency by both."""
    fits = [theirs.auto_ces(y, period, model=FORMS[form]) for y in series]
    structure = ComplexStructure(form, period if form else 1)
    states = np.array([first_states(one, form, period) for one in fits])
    names = PARAMETERS[: structure.n_smoothing]
    theta = np.array([[one["par"][name] for name in names] for one in fits])
    batch = batch_of(series)
    _, predictions = filter_series(
        structure.cell, batch, np.ascontiguousarray(theta.T), np.ascontiguousarray(states.T)
    )
    errors = batch.sums((batch.values - predictions) ** 2)
    their_errors = np.array([np.sum(one["residuals"] ** 2) for one in fits])
    spec = FitSpec(structure, bounds_of(structure), states, {}, SETTINGS)
    ours = fit_batch(spec, batch, unnamed)
    found = np.column_stack([ours.numbers[f"{name}_"] for name in names])
    forecasts = ours.model.forecast(horizon).T
    their_forecasts = np.array([theirs.forecast_ces(one, horizon)["mean"] for one in fits])
    ranges = np.array([np.ptp(y) for y in series])
    return {
        "filter": np.abs(errors / their_errors - 1.0),
        "is_lower": ours.numbers["sse_"] <= their_errors * 1.001,
        "is_stable": np.array([is_stable(one) for one in theta]),
        "is_alike": np.abs(found - theta).max(axis=1) < 0.001,
        "difference": np.abs(forecasts - their_forecasts).max(axis=1) / ranges,
    }


def chosen(n_series: int, data_home: str | None) -> Iterator[tuple[list, list, int, int]]:
    """Yield an even choice of the series of each frequency, what came after, horizon and period."""
    parts = [
        fetch_m3(name, data_home=data_home) for name in ("yearly", "quarterly", "monthly", "other")
    ]
    share = n_series / sum(len(one.ids) for one in parts)
    for one in parts:
        count = round(share * len(one.ids))
        places = np.linspace(0, len(one.ids) - 1, count).astype(int)
        series = [np.asarray(one.train[i], dtype=float) for i in places]
        yield series, [one.test[i] for i in places], one.horizon, one.seasonality


def smape(forecast: np.ndarray, y: np.ndarray) -> float:
    """Score a forecast."""
    return float(np.mean(200.0 * np.abs(forecast - y) / (np.abs(forecast) + np.abs(y))))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data-home", help="folder of the data; see tsrnn.datasets.fetch_m3")
    parser.add_argument("--series", type=int, default=500)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    results = {form: [] for form in FORMS}
    scores = []
    for series, tests, horizon, period in chosen(options.series, options.data_home):
        for form in FORMS:
            if form is None or period > 1:
                results[form].append(compare(series, form, period, horizon))
        for y, test in zip(series, tests, strict=True):
            mine = ComplexExpSmoothingRNN(period).fit(y).predict(horizon)
            other = theirs.forecast_ces(theirs.auto_ces(y, period), horizon)["mean"]
            scores.append((smape(mine, test), smape(other, test)))
    for form, parts in results.items():
        table = {name: np.concatenate([one[name] for one in parts]) for name in parts[0]}
        above, alike = ~table["is_lower"], table["is_alike"]
        print(
            f"{form or 'none':<8} {len(above):>4} series  filter {table['filter'].max():.0e}  "
            f"lower {table['is_lower'].mean():.1%}, of the others "
            f"{np.count_nonzero(~table['is_stable'][above])} of {np.count_nonzero(above)} theirs "
            f"not stable  alike {alike.mean():.1%}: {np.median(table['difference'][alike]):.0e}, "
            f"{table['difference'][alike].max():.0e}"
        )
    print("sMAPE by default: ours {:.3f}, theirs {:.3f}".format(*np.mean(scores, axis=0)))


if __name__ == "__main__":
    main()
