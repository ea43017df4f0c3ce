"""Save models as `saved/` holds them, by the version of tsrnn that is installed.

    python tests/golden/make_saved.py FOLDER

What is there was saved by version 0.1.0 before loading checked what a file says against itself.
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

if __name__ == "__main__":
    for name, file_name in KEPT.items():
        tsrnn.save(forged_files.makers()[name](), Path(sys.argv[1]) / f"{file_name}.tsrnn")
