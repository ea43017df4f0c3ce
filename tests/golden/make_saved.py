"""Save models as `saved/` holds them, by the version of tsrnn that is installed.

    python tests/golden/make_saved.py FOLDER

What is there was saved by version 0.1.0 before loading checked what a file says against itself.
Those that end in _updated had been updated.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import forged_files

import tsrnn

KEPT = {
    "forecaster seasonal_naive": "seasonal_naive",
    "forecaster multiplicative": "multiplicative",
    "forecaster direct": "direct",
    "panel utc": "panel_utc",
    "panel holidays": "panel_holidays",
    "network text_ids": "text_ids",
    "rnn": "rnn",
}

UPDATED = {
    "panel weeks": "panel_weeks_updated",
    "forecaster drift": "drift_updated",
    "forecaster columns": "columns_updated",
}


def updated(name):
    """Fit a model and go on."""
    model = forged_files.makers()[name]()
    if name == "forecaster columns":
        return model.update([[51.0, 48.0], [50.0, 49.0]], [[0.5], [0.25]])
    if name.startswith("panel"):
        more = model.predict(2).set_axis(["unique_id", "ds", "y"], axis=1)
        return model.update(more[more["unique_id"] != "c"])
    return model.update([51.0, 50.0])


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for name, file_name in KEPT.items():
        tsrnn.save(forged_files.makers()[name](), folder / f"{file_name}.tsrnn")
    for name, file_name in UPDATED.items():
        tsrnn.save(updated(name), folder / f"{file_name}.tsrnn")
