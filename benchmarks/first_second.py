"""Seconds from the start of a process to its first forecast, on a machine that has run none before.

Each kind of model is fitted by a process of its own, with an empty cache of compiled code:

    python benchmarks/first_second.py --package FOLDER [FOLDER ..] --repeats 3

A folder is one that has the package: a checkout, which compiles, or what
`pip install --no-deps --target FOLDER WHEEL` makes, which brings code. Where statsforecast is
installed, its AutoETS and Holt run beside.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

DATA = """
import warnings
warnings.simplefilter("ignore")
import numpy as np
rng = np.random.default_rng(0)
y = 50.0 + np.cumsum(rng.normal(size=60))
X = rng.normal(size=(40, 10, 2))
target = X[:, :, 0].sum(axis=1)
"""
LONG = """
import pandas as pd
names, days = np.repeat(np.arange(20), 60), np.tile(np.arange(60) + 1, 20)
frame = pd.DataFrame({"unique_id": names, "ds": days, "y": np.tile(y, 20)})
"""
FIRST = {
    "import scikit-learn, pandas": "import sklearn.base, sklearn.pipeline, pandas, scipy.optimize",
    "import tsrnn": "import tsrnn",
    "Simple": "import tsrnn; tsrnn.SimpleExpSmoothingRNN().fit(y).predict(3)",
    "Double": "import tsrnn; tsrnn.DoubleExpSmoothingRNN().fit(y).predict(3)",
    "Triple": "import tsrnn; tsrnn.TripleExpSmoothingRNN(period=12).fit(y).predict(3)",
    "Auto": "import tsrnn; tsrnn.AutoExpSmoothingRNN(period=12).fit(y).predict(3)",
    "Theta": "import tsrnn; tsrnn.ThetaForecaster(period=12).fit(y).predict(3)",
    "Complex": "import tsrnn; tsrnn.ComplexExpSmoothingRNN(period=12).fit(y).predict(3)",
    "Ensemble": "import tsrnn; tsrnn.EnsembleForecaster(period=12).fit(y).predict(3)",
    "Croston": "import tsrnn; tsrnn.CrostonForecaster().fit(np.round(y) % 3).predict(3)",
    "Panel of Auto": LONG
    + "import tsrnn; tsrnn.PanelForecaster(tsrnn.AutoExpSmoothingRNN()).fit(frame).predict(3)",
    "Panel of Ensemble": LONG
    + "import tsrnn; tsrnn.PanelForecaster(tsrnn.EnsembleForecaster()).fit(frame).predict(3)",
    "tsrnn forecast": "import contextlib, io, pathlib, tempfile, pandas as pd\n"
    "from tsrnn.cli import main\n"
    "file = pathlib.Path(tempfile.mkdtemp()) / 'sales.csv'\n"
    "months = pd.date_range('2020-01', periods=60, freq='MS')\n"
    "pd.DataFrame({'month': months, 'sales': y}).to_csv(file, index=False)\n"
    "with contextlib.redirect_stdout(io.StringIO()):\n"
    "    main(['forecast', str(file), '--horizon', '3'])",
    "Elman": "import tsrnn; tsrnn.ElmanRNNRegressor(max_iter=3).fit(X, target).predict(X)",
    "GRU": "import tsrnn; tsrnn.GRURegressor(max_iter=3).fit(X, target).predict(X)",
    "LSTM": "import tsrnn; tsrnn.LSTMRegressor(max_iter=3).fit(X, target).predict(X)",
    "Text": "import tsrnn; texts = ['a good film', 'a bad film'] * 20\n"
    "tsrnn.TextRNNClassifier().fit(texts, [1, 0] * 20).predict(texts)",
    "statsforecast Holt": "from statsforecast.models import Holt; Holt().forecast(y, h=3)",
    "statsforecast AutoETS": "from statsforecast.models import AutoETS\n"
    "AutoETS(season_length=12).forecast(y, h=3)",
}


def seconds(code: str, package: Path) -> float | None:
    """Return how long a process takes; None where it fails, as without statsforecast."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "PYTHONPATH": str(package),
            "TSRNN_CACHE_DIR": folder,
            "NUMBA_CACHE_DIR": folder,
        }
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", DATA + code], env=environment, cwd=folder, capture_output=True
        )
        return time.perf_counter() - began if done.returncode == 0 else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--package", type=Path, nargs="+", required=True)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    packages = [path.resolve() for path in options.package]
    print(f"{'least of ' + str(options.repeats):28}" + "".join(f"{p.name:>14}" for p in packages))
    for name, code in FIRST.items():
        cells = []
        for package in packages:
            found = [seconds(code, package) for _ in range(options.repeats)]
            cells.append("-" if None in found else f"{min(found):.2f}")
        print(f"{name:28}" + "".join(f"{cell:>14}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
