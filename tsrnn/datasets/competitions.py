"""The data of the M3 and M4 forecasting competitions: found, downloaded, checked, kept.

A file of ours is an archive of arrays: `ids` (n_series,), `train_values` (all series, one after the
other), `train_offsets` (n_series + 1,) and, in M4, `test` (n_series, horizon). Whatever the source,
what is returned was compared with what is known of the data: `Part` says how.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import Bunch

from tsrnn._files import replace_file
from tsrnn.datasets.competition_data import Panel, Part, check, join, read_archive, read_csv
from tsrnn.datasets.download import cuts, data_folder, download, folder_for_a_while, read_arrays

_ARRAYS = {"ids": ("US", 1), "train_values": ("fiu", 1), "train_offsets": ("iu", 1)}

# More than any of the files has, in bytes.
_MOST = 200_000_000

URL = "https://raw.githubusercontent.com/Mcompetitions/M4-methods/master/Dataset/"


_DIGESTS = {
    "m4_yearly": "fbc88038944996e4b428ee1f713c86db0efe6e689f0050614d879313218aaa18",
    "m4_quarterly_part": "38477c8ad0f741be94916688fade9a9b6957cc2e1b49a38037c38a5063419de5",
    "m4_weekly": "6c989c28caa94be4cf2249642ac0aa33eba4d134eea9c4793b3d920dc1d85633",
    "m4_hourly": "48f44be1e3adbc91c061b7745ab098f1b200014fd033d9c0c3a505b0ff100b9f",
    "m3_yearly": "cd76129fd97183850a5117d2fdf2a11740dc948a1a3713ffcdf3a6f925735507",
    "m3_quarterly": "169592866ec9df1c193f75c6eecd683a6a18b5e615a7ea4af09377a37d89ffc1",
    "m3_monthly": "043a40cb7c18e6b530bde42f2aaec8762b0da8a7c1034d52b6aebfb0960647d7",
    "m3_other": "061bfba46caddbbd3cf151ae774a2814610f316bcfcbd60b375bff0b6147c276",
}

M4 = {
    "yearly": Part("Y", 23_000, 6, 1, (16.342, 3.974), _DIGESTS["m4_yearly"]),
    "quarterly": Part("Q", 24_000, 8, 4, (11.610, 1.477)),
    "monthly": Part("M", 48_000, 18, 12, (15.256, 1.205)),
    "weekly": Part("W", 359, 13, 1, (9.161, 2.777), _DIGESTS["m4_weekly"]),
    "daily": Part("D", 4_227, 14, 1, (3.045, 3.278)),
    "hourly": Part("H", 414, 48, 24, (43.003, 11.608), _DIGESTS["m4_hourly"]),
    # Of the 24,000 quarterly series those that are short; it comes as an archive alone.
    "quarterly_part": Part("Q", 15_005, 8, 4, None, _DIGESTS["m4_quarterly_part"]),
}

M3 = {
    "yearly": Part("N", 645, 6, 1, None, _DIGESTS["m3_yearly"]),
    "quarterly": Part("N", 756, 8, 4, None, _DIGESTS["m3_quarterly"]),
    "monthly": Part("N", 1_428, 18, 12, None, _DIGESTS["m3_monthly"]),
    "other": Part("N", 174, 8, 1, None, _DIGESTS["m3_other"]),
}


def fetch_m4(
    frequency: str,
    *,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    as_frame: bool = False,
    n_retries: int = 3,
    delay: float = 1.0,
) -> Bunch:
    """Fetch the series of one frequency of the M4 competition, downloading them if need be.

    ==========  ======  =======  ===========
    frequency   series  horizon  seasonality
    ==========  ======  =======  ===========
    yearly      23,000        6            1
    quarterly   24,000        8            4
    monthly     48,000       18           12
    weekly         359       13            1
    daily        4,227       14            1
    hourly         414       48           24
    ==========  ======  =======  ===========

    Parameters
    ----------
    frequency : {"yearly", "quarterly", "monthly", "weekly", "daily", "hourly", "quarterly_part"}
        Which series. "quarterly_part" is 15,005 of the quarterly ones: all that have at most 100
        values, and 114 longer ones. Their scores are not comparable with what was published of all
        quarterly series, the ratios in the OWA included: Naive2 has a sMAPE of 11.356 and a MASE of
        1.301 on them.
    data_home : path-like, optional
        The folder that keeps the data; by default the environment variable ``TSRNN_DATA`` names it,
        and else it is ``~/tsrnn_data``.
    download_if_missing : bool, default=True
        Whether to download what the folder does not hold.
    as_frame : bool, default=False
        Whether to return long frames and not lists of arrays.
    n_retries : int, default=3
        How often to try a download again.
    delay : float, default=1.0
        Seconds before each further try.

    Returns
    -------
    data : Bunch
        With the attributes

        - ``train``, ``test``: the series and the values to be forecast, as lists of arrays, or as
          frames with the columns unique_id, ds, y, where ds counts the time steps from 1;
        - ``ids``: the names of the series, an array of shape (n_series,);
        - ``horizon``, ``seasonality``: as the competition set them; the seasonality is the
          `period` of its MASE.

    Raises
    ------
    OSError
        If the data are neither there nor to be had, or are not those of the competition.
    ValueError
        If there is no such frequency.

    Notes
    -----
    The folder may also hold the original files, such as ``Yearly-train.csv`` and
    ``Yearly-test.csv``, themselves or in folders ``Train`` and ``Test``. Of what is downloaded it
    keeps an archive of arrays, such as ``m4_yearly.npz``. The yearly, weekly and hourly series are
    checked value by value, all by their number and by the scores of the naive forecast that the
    competition published. "quarterly_part" is never downloaded: it is the archive
    ``m4_quarterly_part.npz`` with the arrays ``ids``, ``train_values``, ``train_offsets`` and
    ``test`` of such an archive, and is checked value by value.

    References
    ----------
    .. [1] S. Makridakis, E. Spiliotis, V. Assimakopoulos (2020). The M4 Competition: 100,000 time
       series and 61 forecasting methods. International Journal of Forecasting, 36(1), 54-74.

    Examples
    --------
    >>> from tsrnn.datasets import fetch_m4
    >>> m4 = fetch_m4("hourly")  # doctest: +SKIP
    >>> len(m4.train), m4.horizon, m4.seasonality  # doctest: +SKIP
    (414, 48, 24)
    """
    part = _part(M4, frequency)
    folder = data_folder(data_home)
    archive = folder / f"m4_{frequency}.npz"
    names = [f"{frequency.title()}-{which}.csv" for which in ("train", "test")]
    urls = [f"{URL}{which}/{name}" for which, name in zip(("Train", "Test"), names, strict=True)]
    originals = [_original(folder, name) for name in names]
    if archive.is_file():
        panel = read_archive(archive, _ARRAYS | {"test": ("fiu", 2)})
        check(panel, part, f"{archive} (delete it to have it made anew)")
    elif frequency == "quarterly_part":
        raise OSError(
            f"{archive} is missing: this part of the quarterly series is not downloaded, as the "
            "notes of fetch_m4 say; set data_home to the folder with it, or fetch all by "
            "'quarterly'"
        )
    elif None not in originals:
        panel = read_csv(*originals)  # type: ignore[arg-type]
        check(panel, part, " and ".join(map(str, originals)))
    elif not download_if_missing:
        raise OSError(
            f"{folder} holds neither {archive.name} nor {names[0]} and {names[1]}: set "
            "download_if_missing=True, or data_home to a folder that does"
        )
    else:
        panel = _download_m4(folder, urls, part, n_retries=n_retries, delay=delay)
        replace_file(archive, lambda file: np.savez_compressed(file, **vars(panel)))
    return _as_bunch(panel, part, as_frame)


def fetch_m3(
    frequency: str, *, data_home: str | os.PathLike[str] | None = None, as_frame: bool = False
) -> Bunch:
    """Fetch the series of one frequency of the M3 competition from a folder.

    =========  ======  =======  ===========
    frequency  series  horizon  seasonality
    =========  ======  =======  ===========
    yearly        645        6            1
    quarterly     756        8            4
    monthly     1,428       18           12
    other         174        8            1
    =========  ======  =======  ===========

    Parameters
    ----------
    frequency : {"yearly", "quarterly", "monthly", "other"}
        Which series.
    data_home : path-like, optional
        The folder that holds ``m3.npz``; by default as in `fetch_m4`.
    as_frame : bool, default=False
        Whether to return long frames and not lists of arrays.

    Returns
    -------
    data : Bunch
        As `fetch_m4` returns.

    Raises
    ------
    OSError
        If there is no such file, or its data are not those of the competition.
    ValueError
        If there is no such frequency.

    Notes
    -----
    There is nothing to download: the data are, for one, in the R package Mcomp. The archive has
    the arrays ``ids`` and ``period`` ("yearly", ...), of one element a series, ``train_values`` and
    ``test_values``, all series one after the other, and ``train_offsets`` and ``test_offsets``, of
    one element more than there are series: series i is
    ``train_values[train_offsets[i]:train_offsets[i + 1]]``. Every value is checked.

    References
    ----------
    .. [1] S. Makridakis, M. Hibon (2000). The M3-Competition: results, conclusions and
       implications. International Journal of Forecasting, 16(4), 451-476.

    Examples
    --------
    >>> from tsrnn.datasets import fetch_m3
    >>> m3 = fetch_m3("other")  # doctest: +SKIP
    >>> len(m3.train), m3.horizon, m3.seasonality  # doctest: +SKIP
    (174, 8, 1)
    """
    part = _part(M3, frequency)
    archive = data_folder(data_home) / "m3.npz"
    if not archive.is_file():
        raise OSError(
            f"{archive} is missing: the M3 data are not downloaded, but made from the R package "
            "Mcomp, for one, as the notes of fetch_m3 say; set data_home to the folder with them"
        )
    data = read_arrays(
        archive,
        _ARRAYS | {"period": ("US", 1), "test_values": ("fiu", 1), "test_offsets": ("iu", 1)},
    )
    n_series = len(data["ids"])
    for which in ("train", "test"):
        offsets, values = data[f"{which}_offsets"], data[f"{which}_values"]
        if len(data["period"]) != n_series or not cuts(offsets, len(values), n_series):
            raise OSError(f"{archive}: {which}_offsets do not cut the values into its series")
    chosen = np.flatnonzero(data["period"] == frequency)
    if not chosen.size:
        raise OSError(f"{archive} holds no series of the frequency {frequency!r}")
    train, test = (
        [data[f"{which}_values"][slice(*data[f"{which}_offsets"][i : i + 2])] for i in chosen]
        for which in ("train", "test")
    )
    panel = join(data["ids"][chosen], train, test, archive)
    check(panel, part, str(archive))
    return _as_bunch(panel, part, as_frame)


def _download_m4(
    folder: Path, urls: Sequence[str], part: Part, *, n_retries: int, delay: float
) -> Panel:
    """Download the original files, which are not kept, and read them."""
    folder.mkdir(parents=True, exist_ok=True)
    with folder_for_a_while(folder, ".m4_") as place:
        paths = [place / url.rpartition("/")[2] for url in urls]
        for url, path in zip(urls, paths, strict=True):
            try:
                download(url, path, most=_MOST, n_retries=n_retries, delay=delay)
            except OSError as error:
                raise OSError(
                    f"{error}. Without a network, download {' and '.join(urls)} elsewhere and put "
                    f"them into {folder}, or set data_home to a folder that holds the data"
                ) from error
        panel = read_csv(*paths)
        check(panel, part, " and ".join(urls))
        return panel


def _part(parts: dict[str, Part], frequency: Any) -> Part:
    if not isinstance(frequency, str) or frequency not in parts:
        raise ValueError(
            f"frequency must be one of {', '.join(map(repr, parts))}, got {frequency!r}"
        )
    return parts[frequency]


def _original(folder: Path, name: str) -> Path | None:
    """Find a file of the competition: in the folder, or where its repository has it."""
    within = name.removesuffix(".csv").rpartition("-")[2].title()
    found = [path for path in (folder / name, folder / within / name) if path.is_file()]
    return found[0] if found else None


def _as_bunch(panel: Panel, part: Part, as_frame: bool) -> Bunch:
    train: Any = panel.train()
    test: Any = list(panel.test)
    if as_frame:
        lengths = np.diff(panel.train_offsets)
        train = _long_frame(panel.ids, train, np.zeros_like(lengths))
        test = _long_frame(panel.ids, test, lengths)
    return Bunch(
        train=train,
        test=test,
        ids=panel.ids,
        horizon=part.horizon,
        seasonality=part.seasonality,
    )


def _long_frame(
    ids: np.ndarray, series: Sequence[np.ndarray], n_before: np.ndarray
) -> pd.DataFrame:
    """Return one row a value; the time steps of each series go on from those before."""
    lengths = np.array([len(y) for y in series])
    first = np.repeat(np.cumsum(lengths) - lengths, lengths)
    ds = np.arange(lengths.sum()) - first + np.repeat(n_before, lengths) + 1
    return pd.DataFrame(
        {"unique_id": np.repeat(ids, lengths), "ds": ds, "y": np.concatenate(series)}
    )
