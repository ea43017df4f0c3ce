"""Files that are written whole or not at all."""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

if os.name == "posix":
    import fcntl


def replace_file(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Write a file under another name, and give it its own when it is whole and on the disk.

    Whatever stops this, the file of that name is the old one or the new one, in full. What a
    process that was killed left behind is removed by the next call for the same file.

    Parameters
    ----------
    path : Path
        What is there is replaced, by a file of the same mode and, if the system lets us, owner. Of
        a symbolic link the file that it points to is.
    write : callable
        Is given a new file, open for writing in binary mode.

    Raises
    ------
    OSError
        If the file cannot be written, or is no file: a folder, a pipe, a device, a socket, or what
        a process has open, by its number. There is none of another name then.
    """
    old = _replaceable(path)
    path = Path(os.path.realpath(path))
    _remove_leftovers(path)
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        with _new_file(unfinished, old) as file:
            lock(file)
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _replaceable(path: Path) -> os.stat_result | None:
    """Return what is known of the file at a path, None where there is none.

    Raises
    ------
    OSError
        If there is something that is no file.
    """
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(f"{path} is a folder: give the name of a file")
    if not stat.S_ISREG(found.st_mode):
        kind = _KINDS.get(stat.S_IFMT(found.st_mode), "no file")
        raise OSError(f"{path} is {kind}, which a file would take the place of: give another name")
    if _is_descriptor(path):
        raise OSError(
            f"{path} is an open file, which another would take the place of, and whatever has it "
            "open would go on to write to nowhere: give another name"
        )
    return found


def _is_descriptor(path: Path) -> bool:
    """Tell whether a path is one of a file that a process has open, such as /dev/stdout."""
    while path.is_symlink():
        folder = os.path.realpath(path.parent)
        if _DESCRIPTORS.fullmatch(folder):
            return True
        path = Path(folder, os.readlink(path))
    return False


_DESCRIPTORS = re.compile(r"/proc/\d+(/task/\d+)?/fd")


_KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


def _new_file(path: Path, old: os.stat_result | None) -> BinaryIO:
    """Open a new file for writing, that those may read who may read the old one, and no others."""
    if old is None or os.name != "posix":
        return path.open("xb")
    # Nobody else's from the start: who has it open before its mode is set can read it after.
    file = open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600))
    try:
        if (old.st_uid, old.st_gid) != (os.geteuid(), os.getegid()):
            with suppress(PermissionError):
                os.fchown(file.fileno(), old.st_uid, old.st_gid)
        os.fchmod(file.fileno(), stat.S_IMODE(old.st_mode) & 0o777)
    except BaseException:
        file.close()
        raise
    return file


def _remove_leftovers(path: Path) -> None:
    """Remove unfinished files of this name that no living process is writing."""
    pattern = re.compile(rf"\.{re.escape(path.name)}\.[0-9a-f]{{16}}\.tmp")
    for other in path.parent.iterdir():
        if pattern.fullmatch(other.name):
            try:
                with other.open("rb") as file:
                    lock(file)
                    other.unlink()
            except (BlockingIOError, FileNotFoundError, PermissionError):
                continue  # it is being written, was removed just now, or is another user's


def lock(file: BinaryIO | int) -> None:
    """Hold an open file, or descriptor, until it is closed or its process ends.

    Raises
    ------
    BlockingIOError
        If another process holds it.
    """
    # Elsewhere an open file cannot be removed anyway.
    if os.name == "posix":
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise


# Of file systems that know no locks: what another process writes there may be taken for left over,
# and that process then fails with an error.
_NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS)


def _sync_folder(folder: Path) -> None:
    """Bring the names of files onto the disk, where the system lets folders be opened."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
