"""Write what statsforecast's AutoCES says of some series, in each of its forms.

    python tests/golden/make_ces.py

With statsforecast 2.0 or later installed. Its forms N, S, P and F are our None, "simple", "partial"
and "full". A fit has the parameters `par`, the rows of states before the first value `states` (the
oldest first; columns level, potential, season and the season's potential), the squared error `sse`
from there and the forecast `mean`. Of a series without a season there is form N alone.
"""

import json
from pathlib import Path

import numpy as np
from statsforecast.ces import auto_ces, forecast_ces

FOLDER = Path(__file__).parent
SERIES = ("M3_N0027", "Nile", "M3_N1167", "M3_N0718", "AirPassengers")
HORIZON = 8


def fit(y: list[float], m: int, form: str) -> dict:
    """Fit one form."""
    model = auto_ces(np.array(y, dtype=float), m, model=form)
    n_rows = 1 if form == "N" else m
    used = {"N": 2, "S": 2, "P": 3, "F": 4}[form]
    return {
        "par": [value for value in model["par"].values() if value == value],
        "states": model["states"][:n_rows, :used].tolist(),
        "sse": float(np.sum(model["residuals"] ** 2)),
        "mean": forecast_ces(model, HORIZON)["mean"].tolist(),
    }


def main() -> None:
    """Write the file."""
    known = json.loads((FOLDER / "r_forecast_ets_excerpt.json").read_text())
    excerpt = {}
    for name in SERIES:
        y, m = known[name]["y"], known[name]["m"]
        forms = "N" if m == 1 else "NSPF"
        excerpt[name] = {"m": m, "fits": {form: fit(y, m, form) for form in forms}}
    text = json.dumps(excerpt, indent=1)
    (FOLDER / "statsforecast_ces_excerpt.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
