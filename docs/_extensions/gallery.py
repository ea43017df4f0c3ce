"""Warnings of the gallery's pages, which are errors: a build shows what no reader should see."""

import warnings
from pathlib import Path

_entered = []


def raise_warnings(gallery_conf, fname, when):
    """Make errors of the warnings of a page of ours, and of none that come after it."""
    if when == "after":
        while _entered:
            _entered.pop().__exit__(None, None, None)
    elif fname is not None and Path(fname).name.startswith("plot_"):
        _entered.append(warnings.catch_warnings())
        _entered[-1].__enter__()
        warnings.simplefilter("error")
        # Agg shows no windows, and says so where there is a screen to show them on.
        warnings.filterwarnings("ignore", "FigureCanvasAgg is non-interactive", UserWarning)
