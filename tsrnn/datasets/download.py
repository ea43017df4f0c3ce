"""Files of data: the folder that keeps them; from the network, whole or not at all; of arrays."""

from __future__ import annotations

import http.client
import lzma
import os
import shutil
import struct
import tempfile
import time
import tokenize
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from urllib.request import urlopen

import numpy as np

from tsrnn._files import lock, replace_file

_CHUNK = 1 << 16
_TIMEOUT = 30.0

# What reading an archive raises whose bits are flipped, or whose contents are not what they say.
_DAMAGES = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,  # and so RecursionError, of headers that are nested, and NotImplementedError
    SyntaxError,
    TypeError,
    ValueError,
    lzma.LZMAError,
    struct.error,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)


class TooLargeError(OSError):
    """More comes than there is of a file: there is no use in trying again."""


def data_folder(data_home: str | os.PathLike[str] | None) -> Path:
    """Return the folder that keeps data."""
    if data_home is None:
        data_home = os.environ.get("TSRNN_DATA") or "~/tsrnn_data"
    return Path(data_home).expanduser()


def download(url: str, path: Path, *, most: int, n_retries: int = 3, delay: float = 1.0) -> None:
    """Download a file, with a progress bar where there is a terminal to show it.

    Parameters
    ----------
    url : str
    path : Path
        Where to put it; what is there is replaced once all has come.
    most : int
        Bytes that it may have.
    n_retries : int
        How often to try again.
    delay : float
        Seconds before each further try.

    Raises
    ------
    OSError
        If the last try fails, too, or the file is larger.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for tries_left in reversed(range(n_retries + 1)):
        try:
            return replace_file(path, lambda file: _copy(url, file, most))
        except (OSError, ValueError, http.client.HTTPException) as error:
            if not tries_left or isinstance(error, TooLargeError):
                raise OSError(f"cannot download {url}: {error}") from error
            time.sleep(delay)


def read_arrays(path: Path, expected: Mapping[str, tuple[str, int]]) -> dict[str, np.ndarray]:
    """Read arrays from an .npz file.

    Parameters
    ----------
    path : Path
    expected : dict
        Kinds of type that an array may have, in NumPy's letters, and its number of dimensions.

    Raises
    ------
    OSError
        If the file is damaged or lacks one of them.
    """
    damaged = f"{path} is no archive with the arrays {', '.join(expected)}"
    with path.open("rb") as file:
        if not zipfile.is_zipfile(file):
            raise OSError(damaged)
        file.seek(0)
        try:
            with np.load(file, allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in expected}
        except _DAMAGES as error:
            raise OSError(f"{damaged}: {type(error).__name__}: {error}") from error
    for name, (kinds, n_dimensions) in expected.items():
        array = arrays[name]
        if not isinstance(array, np.ndarray):  # NumPy gives the bytes of what does not begin as one
            raise OSError(f"{damaged}: {name} is none")
        if array.dtype.kind not in kinds or array.ndim != n_dimensions:
            raise OSError(f"{damaged}: {name} is of {array.dtype}, in {array.ndim} dimensions")
    return arrays


def cuts(offsets: np.ndarray, n_values: int, n_parts: int) -> bool:
    """Tell whether offsets cut values into parts, one after the other."""
    if len(offsets) != n_parts + 1 or offsets[0] != 0 or offsets[-1] != n_values:
        return False
    return bool((offsets[1:] >= offsets[:-1]).all())


@contextmanager
def folder_for_a_while(parent: Path, prefix: str) -> Iterator[Path]:
    """Make a folder and remove it at the end, and those that killed processes left behind."""
    for other in parent.glob(f"{prefix}*"):
        with _held(other) as is_free:
            if is_free:
                shutil.rmtree(other, ignore_errors=True)
    while True:
        place = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        with _held(place) as is_ours:
            # Another process may have found it before it was held, and taken it for left behind.
            if is_ours and place.is_dir():
                try:
                    yield place
                finally:
                    shutil.rmtree(place, ignore_errors=True)
                return


@contextmanager
def _held(folder: Path) -> Iterator[bool]:
    """Hold a folder, if no living process does; yield whether it is held."""
    if os.name != "posix":  # where folders cannot be held, nothing is taken for left behind
        yield folder.is_dir() and not any(folder.iterdir())
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:  # it was removed just now, is another user's, or no folder
        yield False
        return
    try:
        try:
            lock(descriptor)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def _copy(url: str, file: BinaryIO, most: int) -> None:
    from tqdm import tqdm  # slow to import

    with urlopen(url, timeout=_TIMEOUT) as response:
        announced = response.headers.get("Content-Length")
        total = None if announced is None else int(announced)
        _refuse_more(total or 0, most)
        name = url.rpartition("/")[2]
        with tqdm(total=total, unit="B", unit_scale=True, desc=name, disable=None) as bar:
            while chunk := response.read(_CHUNK):
                _refuse_more(file.tell() + len(chunk), most)
                file.write(chunk)
                bar.update(len(chunk))
    if total is not None and file.tell() != total:
        raise OSError(f"the connection ended after {file.tell()} of {total} bytes")


def _refuse_more(n_bytes: int, most: int) -> None:
    if n_bytes > most:
        raise TooLargeError(f"it has more than the {most} bytes that the file has at most")
