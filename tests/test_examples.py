"""The gallery's pages run as scripts, without a warning."""

import runpy
import warnings

import matplotlib.pyplot as plt
import pytest
from paths import EXAMPLES as FOLDER

EXAMPLES = sorted(FOLDER.glob("plot_*.py"))


def test_there_are_examples():
    assert EXAMPLES


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs_without_a_warning(path, tmp_path, monkeypatch, capfd):
    """In this process: a dozen new ones would spend half of their time on imports."""
    monkeypatch.chdir(tmp_path)
    plt.switch_backend("Agg")
    with warnings.catch_warnings(), plt.rc_context():
        warnings.simplefilter("error")
        # Agg shows no windows, and says so where there is a screen to show them on.
        warnings.filterwarnings("ignore", "FigureCanvasAgg is non-interactive", UserWarning)
        runpy.run_path(str(path), run_name="__main__")
    plt.close("all")
    assert capfd.readouterr().err == ""
    assert list(tmp_path.iterdir()) == []  # an example leaves nothing behind
