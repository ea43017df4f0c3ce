"""Series of a competition with what came after them: read from files, and checked."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tsrnn.datasets.download import cuts, read_arrays


@dataclass(frozen=True)
class Part:
    """The series of one frequency, and what is known of them.

    Attributes
    ----------
    prefix : str
        What the names of the series begin with.
    n_series, horizon, seasonality : int
    naive_scores : (float, float) or None
        The mean sMAPE and MASE of repeating the last value, as the competition published them, to
        three decimals.
    digest : str or None
        The SHA-256 of all names, lengths and values, without the last bits of these.
    """

    prefix: str
    n_series: int
    horizon: int
    seasonality: int
    naive_scores: tuple[float, float] | None = None
    digest: str | None = None


@dataclass(frozen=True)
class Panel:
    """Series of unequal lengths, and what came after each."""

    ids: np.ndarray
    train_values: np.ndarray
    train_offsets: np.ndarray
    test: np.ndarray

    def train(self) -> list[np.ndarray]:
        """Return the series one by one."""
        return np.split(self.train_values, self.train_offsets[1:-1])


def read_csv(train: Path, test: Path) -> Panel:
    """Read the original files of the M4 competition: a header, then a name and values a row."""
    (ids, series), (test_ids, truth) = _read_rows(train), _read_rows(test)
    if ids != test_ids:
        raise OSError(f"{train} and {test} do not hold the same series in the same order")
    return join(np.array(ids), series, truth, test)


def read_archive(path: Path, expected: Mapping[str, tuple[str, int]]) -> Panel:
    """Read series kept as arrays."""
    return Panel(**read_arrays(path, expected))


def join(
    ids: np.ndarray, train: Sequence[np.ndarray], test: Sequence[np.ndarray], origin: Path
) -> Panel:
    """Join series; as many values are to be forecast of each."""
    if not len(train) or len({len(truth) for truth in test}) != 1:
        raise OSError(f"{origin} does not hold the same number of values for every series")
    offsets = np.cumsum([0, *map(len, train)])
    return Panel(ids, np.concatenate(train), offsets, np.stack(test))


def check(panel: Panel, part: Part, origin: str) -> None:
    """Refuse data that are not those of the competition.

    Raises
    ------
    OSError
    """
    wrong = f"{origin}: these are not the data of the competition, for "
    expected = (part.n_series, part.horizon)
    if panel.test.shape != expected or len(panel.ids) != part.n_series:
        raise OSError(
            f"{wrong}the values to be forecast have the shape {panel.test.shape}, not {expected}"
        )
    is_cut = cuts(panel.train_offsets, len(panel.train_values), part.n_series)
    if not is_cut or (panel.train_offsets[1:] == panel.train_offsets[:-1]).any():
        raise OSError(f"{wrong}the offsets do not cut the values into {part.n_series} series")
    if not all(str(name).startswith(part.prefix) for name in panel.ids):
        raise OSError(f"{wrong}the names of the series do not all begin with {part.prefix}")
    if part.naive_scores is not None:
        scores = naive_scores(panel, part.seasonality)
        if not np.allclose(scores, part.naive_scores, rtol=0.0, atol=6e-4):
            raise OSError(
                f"{wrong}the naive forecast scores a sMAPE of {scores[0]:.3f} and a MASE of "
                f"{scores[1]:.3f}, not the {part.naive_scores[0]} and {part.naive_scores[1]} that "
                "were published"
            )
    if part.digest is not None and digest(panel) != part.digest:
        raise OSError(f"{wrong}a value, a length or a name has changed")


def naive_scores(panel: Panel, seasonality: int) -> tuple[float, float]:
    """Return the mean sMAPE and MASE of repeating the last value of each series."""
    values, starts, ends = panel.train_values, panel.train_offsets[:-1], panel.train_offsets[1:]
    last = values[ends - 1][:, None]
    error = np.abs(panel.test - last)
    smape = np.mean(200.0 * error / (np.abs(panel.test) + np.abs(last)))
    steps = np.zeros(len(values))
    steps[seasonality:] = np.abs(values[seasonality:] - values[:-seasonality])
    steps[np.arange(len(values)) - np.repeat(starts, ends - starts) < seasonality] = 0.0
    with np.errstate(divide="ignore", invalid="ignore"):  # data that are wrong score nan or inf
        scale = np.add.reduceat(steps, starts) / (ends - starts - seasonality)
        mase = np.mean(error.mean(axis=1) / scale)
    return float(smape), float(mase)


def digest(panel: Panel) -> str:
    """Return the SHA-256 of all names, lengths and values.

    The last ten bits of a value are rounded off, a part in 10^13: readers of decimals differ there.
    """
    total = hashlib.sha256("\n".join(map(str, panel.ids)).encode())
    total.update(np.diff(panel.train_offsets).astype("<i8").tobytes())
    for values in (panel.train_values, panel.test):
        bits = np.ascontiguousarray(values, dtype="<f8").view("<i8")
        total.update(((bits + 512) >> 10).astype("<i8").tobytes())
    return total.hexdigest()


def _read_rows(path: Path) -> tuple[list[str], list[np.ndarray]]:
    """Read names and values; rows are padded with empty cells to the longest."""
    ids, series = [], []
    try:
        with path.open(encoding="utf-8") as file:
            next(file, None)
            for line in file:
                name, *cells = line.rstrip(",\n").replace('"', "").split(",")
                series.append(np.array(cells, dtype=float))
                ids.append(name)
    except (ValueError, MemoryError) as error:  # words, and bytes that are no text
        raise OSError(f"{path}, line {len(ids) + 2}: {error}") from error
    return ids, series
