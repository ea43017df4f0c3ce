"""Choice of what automatic selection chooses from, and by which criterion.

Run as `python benchmarks/selection_choice.py --data FOLDER [--sample N] [--prior none]`. The last
values of each training series of M3 and M4 are forecast from those before them, from two origins,
as in `prior_strength.py`; the competitions' test parts are left alone. For sets of candidates and
criteria it prints by how many percent errors change beside the AICc of all candidates but those of
additive errors with a multiplicative season: the mean of the logarithms of both ratios, of sMAPE
and of MASE.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from prior_strength import as_prior, evaluate, held_back, read, usual_candidates

from tsrnn.smoothing.structure import Structure

PARTS = {
    ("M3", "yearly"): 645,
    ("M3", "quarterly"): 756,
    ("M3", "monthly"): 1_428,
    ("M3", "other"): 174,
    ("M4", "yearly"): 4_000,
    ("M4", "quarterly"): 1_500,
    ("M4", "weekly"): 359,
    ("M4", "hourly"): 120,
}


def is_damped(one: Structure) -> bool:
    """Tell whether a structure has no trend, or one that is damped."""
    return one.trend is None or one.damped


def is_common(one: Structure) -> bool:
    """Tell whether the literature chooses from it: errors grow with a multiplicative season."""
    return one.error == "mul" or one.seasonal != "mul"


CANDIDATES: dict[str, Callable[[Structure], bool]] = {
    "common": is_common,
    "common, damped": lambda one: is_common(one) and is_damped(one),
    "common, no factors": lambda one: one.seasonal != "mul",
    "common, no factors, damped": lambda one: one.seasonal != "mul" and is_damped(one),
    "errors as the season": lambda one: (one.error == "mul") == (one.seasonal == "mul"),
    "additive": lambda one: one.error == "add" and one.seasonal != "mul",
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="the folder with the data")
    parser.add_argument("--sample", type=int, help="so many series of a data set at most")
    parser.add_argument("--prior", default="alpha=-2,beta=20", help="as of prior_strength.py")
    options = parser.parse_args()
    logs = {}
    for name, train, _, horizon, period in read(PARTS, options.data, options.sample, 0):
        task = held_back(name, train, horizon, period)
        scores = evaluate(task, as_prior(options.prior), backtest=False, n_jobs=1)
        candidates = {
            label: {one: 0.0 for one in scores.structures if is_candidate(one)}
            for label, is_candidate in CANDIDATES.items()
        }
        candidates["the default"] = usual_candidates(period)
        for label, penalties in candidates.items():
            for criterion in ("aic", "aicc", "bic"):
                errors = scores.chosen_by(criterion, penalties)
                means = [np.nanmean(values) for values in errors]
                logs[(label, criterion), name] = np.log(means).mean()
        print(f"{name}: {len(train)} series", flush=True)
    table = pd.Series(logs).unstack()
    change = 100.0 * (table - table.loc[[("common", "aicc")]].to_numpy())
    change["mean"] = change.mean(axis=1)
    print(change.round(1).to_string())


if __name__ == "__main__":
    main()
