"""Compiled code on the disk: what a process reads there is what another has written, or nothing.

An entry is one file, named after the function and a digest of everything that the code depends on:
this package's version and the sources that the function can reach, the signature, the processor
with its features, numba and LLVM and their settings; or, of code that came with the package, the
level of processors. So whatever changes, another file is asked for, and an old one can be neither
stale nor another function's. There is no index. A file is written aside and renamed when it is
whole, and begins with a digest of its name and content, which is checked before any of it is looked
into.

The folder is private: whoever may write there decides which code runs here.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

from tsrnn._files import replace_file

_logger = logging.getLogger(__name__)

_PACKAGE = Path(__file__).parents[1]

# Code that came with the package, where a wheel brought it.
SHIPPED = Path(__file__).parent / "shipped"

_SUFFIX = ".code"
_DIGEST_SIZE = hashlib.sha256().digest_size

# Entries that nobody has asked for in so many days are removed: each change of the sources, and
# each new version of what they are compiled by, leaves some behind.
_KEPT_DAYS = 60.0
_DAY = 86400.0


def folder() -> Path:
    """Return the folder of compiled code, which need not exist.

    The environment variable TSRNN_CACHE_DIR names it; else it is a folder of ours within numba's
    own where NUMBA_CACHE_DIR is set, and within the user's cache folder where it is not.
    """
    if chosen := os.environ.get("TSRNN_CACHE_DIR"):
        return Path(chosen).expanduser()
    if numba_folder := os.environ.get("NUMBA_CACHE_DIR"):
        return Path(numba_folder).expanduser() / "tsrnn"
    from platformdirs import user_cache_path

    return user_cache_path("tsrnn", appauthor=False) / "compiled"


def entry_name(function: str, facts: object) -> str:
    """Return what the entry of a function is called, given all that its code depends on."""
    key = hashlib.sha256(repr((function, facts)).encode()).hexdigest()
    return f"{re.sub('[^A-Za-z0-9_.]', '_', function)[-80:]}-{key}"


def read(name: str, where: Path | None = None) -> bytes | None:
    """Return the content of an entry; None where there is none, or not as it was written.

    It is in the user's folder, or in one that is named.
    """
    try:
        path = (folder() if where is None else where) / (name + _SUFFIX)
        written = path.read_bytes()
        content = written[_DIGEST_SIZE:]
        if written[:_DIGEST_SIZE] != _digest(name, content):
            _logger.warning("%s is damaged: compiled anew", path)
            return None
        if where is None:
            _mark_as_used(path)
    except (OSError, RuntimeError) as fault:  # RuntimeError: there is no home folder
        if not isinstance(fault, FileNotFoundError):
            _logger.info("cannot read compiled code: %s", fault)
        return None
    return content


def write(name: str, content: bytes, where: Path | None = None) -> None:
    """Write an entry into the user's folder, if the disk lets us, or into one that is named.

    Without an entry the next process compiles again.
    """
    if where is not None:
        (where / (name + _SUFFIX)).write_bytes(_digest(name, content) + content)
        return
    try:
        path = folder() / (name + _SUFFIX)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _remove_unused(path.parent)
        replace_file(path, lambda file: file.writelines([_digest(name, content), content]))
    except (OSError, RuntimeError) as fault:
        _logger.info("cannot keep compiled code for the next process: %s", fault)


def _digest(name: str, content: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\0" + content).digest()


def _mark_as_used(path: Path) -> None:
    """Note that an entry was read, once a day, where its folder can be written."""
    try:
        if time.time() - path.stat().st_mtime > _DAY:
            os.utime(path)
    except OSError:
        pass  # another user's, on a disk that can only be read, or just removed: it was read


@functools.cache
def _remove_unused(where: Path) -> None:
    """Remove old entries of a folder, once in a process."""
    oldest = time.time() - _KEPT_DAYS * _DAY
    for path in where.glob(f"*{_SUFFIX}"):
        try:
            if path.stat().st_mtime < oldest:
                path.unlink()
        except OSError:
            pass  # another process was faster, or it cannot be removed


class UnknownSources(Exception):
    """The sources of a function are not those of this package, or not those that were imported."""


def sources_digest(module: str) -> str:
    """Return a digest of a module of this package, and of all that it imports of the package.

    Compiled code holds what it calls and the constants that it uses, which come from there.

    Raises
    ------
    UnknownSources
        If it is another's module, or if sources are not there to be read, or were replaced after
        this process had imported them.
    """
    path = _PACKAGE.parent.joinpath(*module.split(".")).with_suffix(".py")
    if path not in _STAMPS:
        raise UnknownSources(f"there is no source of {module} in this package")
    digest = hashlib.sha256()
    for one in reachable_sources(path):
        digest.update(one.relative_to(_PACKAGE).as_posix().encode() + b"\0")
        digest.update(_content(one) + b"\0")
        # After the content was read, lest it should change in between.
        if _STAMPS.get(one) != _stamp(one.stat()):
            raise UnknownSources(f"{one} has changed since it was imported")
    return digest.hexdigest()


def _stamp(status: os.stat_result) -> tuple[int, ...]:
    return status.st_mtime_ns, status.st_size, status.st_ino, status.st_ctime_ns


def _stamps_below(folder: Path) -> Iterator[tuple[Path, tuple[int, ...]]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".py"):
                yield folder / entry.name, _stamp(entry.stat())
            elif entry.is_dir():
                yield from _stamps_below(folder / entry.name)


def reachable_sources(path: Path) -> list[Path]:
    """Return a source file and those that it imports, directly or not, in order of their names."""
    reached, waiting = set(), [path]
    while waiting:
        one = waiting.pop()
        if one not in reached:
            reached.add(one)
            waiting.extend(_imported_sources(one))
    return sorted(reached)


@functools.cache
def _content(path: Path) -> bytes:
    return path.read_bytes()


# An import at any depth of a file, as it is laid out by our formatter; of the package alone.
_IMPORT = re.compile(
    rb"^[ \t]*(?:from (tsrnn[\w.]*) import (?:\(([^)]*)\)|([^(\n]*))|import (tsrnn[\w., ]*))",
    re.MULTILINE,
)


@functools.cache
def _imported_sources(path: Path) -> list[Path]:
    """Return the files of the package that a file imports.

    By a regular expression: a parser takes a hundred times as long, and a first forecast waits.
    """
    found: list[Path | None] = []
    for match in _IMPORT.finditer(_content(path)):
        origin, in_brackets, in_line, plain = (part and part.decode() for part in match.groups())
        if plain:
            names = [name.split()[0] for name in plain.split(",")]
        else:
            listed = re.sub("#.*", "", in_brackets or in_line or "").split(",")
            names = [f"{origin}.{name.split()[0]}" for name in listed if name.strip()]
        found.extend(_source_of(name) for name in names)
    return [one for one in found if one]


def _source_of(name: str) -> Path | None:
    """Return the file that a dotted name is a module of, or is taken from.

    Packages on the way to a module are run by its import, and of no meaning to code. So is the
    package's own `__init__`, which imports everything for its users.
    """
    place, init = _PACKAGE, None
    for part in name.split(".")[1:]:
        if (module := place / f"{part}.py").is_file():
            return module
        if not (place / part / "__init__.py").is_file():
            break
        place = place / part
        init = place / "__init__.py"
    return init


# The sources as this process has imported them, nearly all of them after this line: an upgrade of
# the package leaves in a running process what it was, but not on the disk.
_STAMPS = dict(_stamps_below(_PACKAGE)) if _PACKAGE.is_dir() else {}
