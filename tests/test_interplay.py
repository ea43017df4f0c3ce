"""The pages about other forecasting libraries run where these are installed, or tell why not."""

import os
import subprocess
import sys
from importlib.util import find_spec

import pytest
from paths import EXAMPLES as FOLDER

EXAMPLES = sorted(FOLDER.glob("interplay_*.py"))


def run(path, folder):
    environment = {**os.environ, "MPLBACKEND": "Agg"}
    return subprocess.run(
        # Warnings of the other libraries are theirs.
        [sys.executable, "-W", "error:::tsrnn", str(path)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )


def test_there_are_three():
    assert len(EXAMPLES) == 3


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_forecasts_or_says_what_it_needs(path, tmp_path):
    library = path.stem.removeprefix("interplay_")
    done = run(path, tmp_path)
    if find_spec(library) is None:
        assert done.returncode == 1
        assert f"skipped: this example needs {library}" in done.stderr
        pytest.skip(f"{library} is not installed: see the extra interplay")
    assert done.returncode == 0, done.stderr
    assert "mean absolute error" in done.stdout
    assert list(tmp_path.iterdir()) == []
