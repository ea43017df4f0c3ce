"""Write what statsforecast and R say of the theta method, for `theta_peers.json`.

    python make_theta.py FOLDER theta_peers.json

FOLDER holds m3.npz, as fetch_m3 reads it. It needs statsforecast, and Rscript with the package
forecast (Debian's r-cran-forecast).
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from statsforecast.models import DynamicOptimizedTheta
from statsforecast.theta import forecast_theta, thetamodel

# Every 250th series of the competition, and the season of its frequency.
SERIES = {i: 1 if i < 645 or i >= 2829 else 4 if i < 1401 else 12 for i in range(100, 3003, 250)}
HORIZON = 8
VARIANTS = {"dynamic-optimized": "DOTM", "optimized": "OTM", "dynamic": "DSTM", "standard": "STM"}


def by_statsforecast(y, m):
    """Fits of all variants to the series as it is, and the default forecast of it adjusted."""
    found = {}
    for variant, name in VARIANTS.items():
        fit = thetamodel(y, 1, name, np.nan, np.nan, np.nan, 3)
        found[variant] = {
            "alpha": float(fit["par"]["alpha"]),
            "theta": float(fit["par"]["theta"]),
            "sse": float(np.sum(fit["residuals"][3:] ** 2)),
            "forecast": forecast_theta(fit, HORIZON)["mean"].tolist(),
        }
    adjusted = DynamicOptimizedTheta(season_length=m).forecast(y, HORIZON)["mean"]
    return found, adjusted.tolist()


def main(folder, target):
    """Write the values of both."""
    with np.load(Path(folder) / "m3.npz", allow_pickle=False) as archive:
        values, offsets = archive["train_values"], archive["train_offsets"]
    series = {
        str(i): {"m": m, "y": values[offsets[i] : offsets[i + 1]].astype(float).tolist()}
        for i, m in SERIES.items()
    }
    for one in series.values():
        y = np.array(one["y"])
        one["statsforecast"], one["statsforecast_adjusted"] = by_statsforecast(y, one["m"])
    with tempfile.TemporaryDirectory() as scratch:
        before, after = Path(scratch) / "series.json", Path(scratch) / "thetaf.json"
        before.write_text(json.dumps(series), encoding="utf-8")
        script = Path(__file__).with_name("theta.R")
        subprocess.run(["Rscript", script, before, after, str(HORIZON)], check=True)
        for name, found in json.loads(after.read_text(encoding="utf-8")).items():
            series[name]["thetaf"] = found
    lines = (f"{json.dumps(name)}: {json.dumps(one)}" for name, one in series.items())
    Path(target).write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
