"""Write `croston.json`: forecasts of intermittent demand by statsforecast, with the series.

    python tests/golden/make_croston.py

It takes statsforecast, 2.1.1 when the file was written, and nothing of tsrnn.
"""

import json
from pathlib import Path

import numpy as np
from statsforecast.models import TSB, CrostonClassic, CrostonSBA

if __name__ == "__main__":
    rng, rows = np.random.default_rng(18), []
    for length, probability in [(5, 0.4), (12, 0.9), (24, 0.3), (60, 0.1), (60, 0.5), (200, 0.05)]:
        for first in (0.0, 3.0):  # a period without demand, or with some
            y = (rng.random(length) < probability) * rng.geometric(0.3, length) * 1.0
            y[0], y[length // 2] = first, 2.0
            models = {
                "classic": CrostonClassic(),
                "sba": CrostonSBA(),
                "tsb": TSB(alpha_d=0.2, alpha_p=0.1),
            }
            forecasts = {name: one.forecast(y, h=1)["mean"][0] for name, one in models.items()}
            rows.append({"y": y.tolist(), **{name: float(f) for name, f in forecasts.items()}})
    text = "[\n" + ",\n".join(map(json.dumps, rows)) + "\n]\n"
    (Path(__file__).parent / "croston.json").write_text(text, encoding="utf-8")
