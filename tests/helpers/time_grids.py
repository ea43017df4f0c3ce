"""Grids of time stamps, and zones and units to try them on."""

import numpy as np
import pandas as pd

from tsrnn._time.grid import TimeGrid

BERLIN = "Europe/Berlin"
NEW_YORK = "America/New_York"
ZONES = [None, "UTC", BERLIN, NEW_YORK, "America/Sao_Paulo", "Asia/Kolkata"]
UNITS = ["s", "ms", "us", "ns"]


def grid(index):
    return TimeGrid.from_index(index, len(index))


def bare(index):
    """The index without its freq, as it comes from a file."""
    return pd.DatetimeIndex(list(index), name=index.name)


def assert_goes_on_as(trained, future):
    """The grid of `trained` continues with `future`, both ways, and has trained's own stamps."""
    found, n = grid(trained), len(trained)
    assert list(found.stamps(0, n)) == list(trained)
    assert list(found.stamps(n, n + len(future))) == list(future)
    np.testing.assert_array_equal(found.positions(trained), np.arange(n))
    np.testing.assert_array_equal(found.positions(future), n + np.arange(len(future)))
