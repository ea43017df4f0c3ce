"""The gallery's pages run as scripts, without a warning."""

import runpy
import warnings

import matplotlib.pyplot as plt
import pytest
from paths import EXAMPLES as FOLDER

from tsrnn._optim.training import _Descent

EXAMPLES = sorted(FOLDER.glob("plot_*.py"))


# An epoch of a network goes through so many batches. Whatever is done to one is done all the same:
# how well networks learn from more, which takes most of the time, is for the pages to show, which
# are built with warnings as errors as well (`docs/conf.py`).
N_BATCHES = 4


@pytest.fixture
def short_epochs(monkeypatch):
    """Networks that are trained on the first batches of each epoch."""
    epoch = _Descent.epoch
    monkeypatch.setattr(
        _Descent, "epoch", lambda self, order: epoch(self, order[: N_BATCHES * self._batch_size])
    )


def test_there_are_examples():
    assert EXAMPLES


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
@pytest.mark.usefixtures("short_epochs")
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
