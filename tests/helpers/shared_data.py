"""Data that is too large, or not ours to pass on: tests with it run where the folder is found.

The folder is named by the environment variable TSRNN_TEST_DATA and holds

    data/classic_series.json          textbook series by name: {"values": [...], ...}
    data/imdb.jsonl.gz                the film reviews, as fetch_imdb takes them
    data/m3.npz                       the M3 competition: train_values, train_offsets, ...
    data/m4_yearly.npz, ...           the M4 competition, as fetch_m4 keeps it
    golden/r_forecast_ets.json        R's fits, of which tests/golden has an excerpt
"""

import functools
import json
import os
import tempfile
from pathlib import Path

import numpy as np
import pytest

from tsrnn.datasets import fetch_imdb

FOLDER = Path(os.environ.get("TSRNN_TEST_DATA") or os.devnull)


def needs(name):
    """Skip a test where a file is missing."""
    reason = f"the environment variable TSRNN_TEST_DATA names no folder with {name}"
    return pytest.mark.skipif(not (FOLDER / name).is_file(), reason=reason)


needs_classic_series = needs("data/classic_series.json")
needs_m3 = needs("data/m3.npz")
needs_imdb = needs("data/imdb.jsonl.gz")
needs_golden = needs("golden/r_forecast_ets.json")


@functools.cache
def classic_series():
    """The textbook series without gaps, by name."""
    text = (FOLDER / "data" / "classic_series.json").read_text(encoding="utf-8")
    series = {name: np.array(entry["values"], float) for name, entry in json.loads(text).items()}
    return {name: y for name, y in series.items() if not np.isnan(y).any()}


@functools.cache
def m3_series(n_series, seed=0):
    """Training parts of some series of the M3 competition, by their place in it."""
    with np.load(FOLDER / "data" / "m3.npz", allow_pickle=False) as archive:
        values, offsets = archive["train_values"], archive["train_offsets"]
    chosen = np.random.default_rng(seed).choice(len(offsets) - 1, n_series, replace=False)
    return {int(i): values[offsets[i] : offsets[i + 1]].astype(float) for i in np.sort(chosen)}


@functools.cache
def golden():
    """All of R's fits."""
    text = (FOLDER / "golden" / "r_forecast_ets.json").read_text(encoding="utf-8")
    return json.loads(text)


@functools.cache
def imdb_ids():
    """The film reviews as ids of 10,000 words."""
    # What is kept for the next call is not for the shared folder.
    with tempfile.TemporaryDirectory() as home:
        (Path(home) / "imdb.jsonl.gz").symlink_to(FOLDER / "data" / "imdb.jsonl.gz")
        return fetch_imdb(
            10_000, data_home=home, as_ids=True, shuffle=False, download_if_missing=False
        )
