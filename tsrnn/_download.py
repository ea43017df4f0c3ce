"""Files of data: the folder that keeps them; from the network, whole or not at all; of arrays."""

from __future__ import annotations

import http.client
import os
import time
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO
from urllib.request import urlopen

import numpy as np

from tsrnn._files import replace_file

_CHUNK = 1 << 16
_TIMEOUT = 30.0

# What reading an archive with flipped bits raises.
_DAMAGES = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    KeyError,
    OSError,
    RuntimeError,
    ValueError,
)


def data_folder(data_home: str | os.PathLike | None) -> Path:
    """Return the folder that keeps data."""
    if data_home is None:
        data_home = os.environ.get("TSRNN_DATA") or "~/tsrnn_data"
    return Path(data_home).expanduser()


def download(url: str, path: Path, *, n_retries: int = 3, delay: float = 1.0) -> None:
    """Download a file, with a progress bar where there is a terminal to show it.

    Parameters
    ----------
    url : str
    path : Path
        Where to put it; what is there is replaced once all has come.
    n_retries : int
        How often to try again.
    delay : float
        Seconds before each further try.

    Raises
    ------
    OSError
        If the last try fails, too.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for tries_left in reversed(range(n_retries + 1)):
        try:
            return replace_file(path, lambda file: _copy(url, file))
        except (OSError, http.client.HTTPException) as error:
            if not tries_left:
                raise OSError(f"cannot download {url}: {error}") from error
            time.sleep(delay)


def read_arrays(path: Path, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Read arrays from an .npz file.

    Raises
    ------
    OSError
        If the file is damaged or lacks one of them.
    """
    damaged = f"{path} is no archive with the arrays {', '.join(names)}"
    with path.open("rb") as file:
        if not zipfile.is_zipfile(file):
            raise OSError(damaged)
        file.seek(0)
        try:
            with np.load(file, allow_pickle=False) as archive:
                return {name: archive[name] for name in names}
        except _DAMAGES as error:
            raise OSError(f"{damaged}: {error}") from error


def _copy(url: str, file: BinaryIO) -> None:
    from tqdm import tqdm  # slow to import

    with urlopen(url, timeout=_TIMEOUT) as response:
        announced = response.headers.get("Content-Length")
        total = None if announced is None else int(announced)
        name = url.rpartition("/")[2]
        with tqdm(total=total, unit="B", unit_scale=True, desc=name, disable=None) as bar:
            while chunk := response.read(_CHUNK):
                file.write(chunk)
                bar.update(len(chunk))
    if total is not None and file.tell() != total:
        raise OSError(f"the connection ended after {file.tell()} of {total} bytes")
