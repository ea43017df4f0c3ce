"""Cut the excerpt that tests carry out of all of R's fits.

Run as `python cut_excerpt.py all.json r_forecast_ets_excerpt.json`; fit_ets.R wrote all.json.
"""

import json
import sys
from pathlib import Path

# Without a season, and with one of 4 and of 12; among them the shortest of each.
SERIES = ("Nile", "oil", "M3_N0234", "M3_N0027", "M3_N1167", "M3_N0718", "AirPassengers")


def cut(fits):
    """Keep some series, without R's choice among the models."""
    kept = {name: dict(fits[name]) for name in SERIES}
    for entry in kept.values():
        entry.pop("auto", None)
    return kept


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:])
    fits = json.loads(source.read_text(encoding="utf-8"))
    target.write_text(json.dumps(cut(fits)), encoding="utf-8")
