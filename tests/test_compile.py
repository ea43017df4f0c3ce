"""Kernels and the disk: a cache that serves the next process, and work without one."""

import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numba import config
from numba.core.errors import TypingError

from tsrnn._compile import Kernel, kernel

PACKAGE = Path(__file__).parents[1] / "tsrnn"

# What a forecaster does first: it runs Holt's cell along a series. The sum is of plain fractions.
UNROLL = """
import logging
logging.basicConfig(level=logging.INFO)
import numpy as np
from tsrnn._scan import unroll
from tsrnn.cells import CELLS
theta = np.array([[0.5], [0.5], [0.8]])
states, outputs = unroll(CELLS["holt"](), theta, np.ones((4, 1, 1)), np.zeros((2, 1)))
print(repr(float(outputs.sum())))
"""


def naive_sum():
    level = trend = total = 0.0
    for _ in range(4):
        prediction = level + 0.8 * trend
        total += prediction
        new_level = 0.5 + 0.5 * prediction
        level, trend = new_level, 0.5 * (new_level - level) + 0.5 * 0.8 * trend
    return total


def run(code, *, prelude="", folder=PACKAGE.parent, **environment):
    return subprocess.run(
        [sys.executable, "-c", prelude + code],
        cwd=folder,  # the first place where Python looks for the package
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )


def assert_right(result):
    assert result.returncode == 0, result.stderr
    # A dozen operations on numbers of order one.
    assert float(result.stdout) == pytest.approx(naive_sum(), rel=1e-14)


@pytest.fixture
def package_copy(tmp_path):
    """Numba would also cache beside the sources: not beside those that are tested."""
    shutil.copytree(PACKAGE, tmp_path / "tsrnn", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_kernels_work_where_no_folder_can_be_written(package_copy):
    """Root writes even where it may not, so a plain file stands in the way of every folder."""
    obstacle = package_copy / "plain file"
    obstacle.write_text("no folder")
    (package_copy / "tsrnn" / "__pycache__").write_text("no folder")
    (package_copy / "tsrnn" / "cells" / "__pycache__").write_text("no folder")
    result = run(
        UNROLL,
        folder=package_copy,
        NUMBA_CACHE_DIR=str(obstacle / "numba"),
        HOME=str(obstacle / "home"),
        XDG_CACHE_HOME=str(obstacle / "cache"),
    )
    assert_right(result)
    assert "compiling _unroll without a cache" in result.stderr
    assert "Traceback" not in result.stderr
    assert not list(package_copy.rglob("*.nb?"))


def test_kernels_work_where_the_disk_is_full(tmp_path):
    """A limit on the size of files is met, as a full disk is, in the middle of writing."""
    pytest.importorskip("resource", reason="limits on the size of files are of Unix")
    limit = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))\n"
    result = run(UNROLL, prelude=limit, NUMBA_CACHE_DIR=str(tmp_path))
    assert_right(result)
    assert "compiling _unroll without a cache" in result.stderr
    assert "Traceback" not in result.stderr
    # The index fits, what it points to does not; nothing half-written is left.
    assert not list(tmp_path.rglob("*.nbc"))
    assert not list(tmp_path.rglob("*.tmp.*"))


REPORT_CACHE_HITS = """
import importlib, pkgutil
import tsrnn
from tsrnn._compile import Kernel
seen = set()
for module in pkgutil.walk_packages(tsrnn.__path__, "tsrnn."):
    if module.name.endswith("__main__"):
        continue
    for item in vars(importlib.import_module(module.name)).values():
        if isinstance(item, Kernel) and id(item) not in seen:
            seen.add(id(item))
            compiled = item.compiled
            hits = compiled.cache_hits if item.as_step else sum(compiled.stats.cache_hits.values())
            print(item.function.__qualname__, hits)
"""


def test_the_next_process_compiles_no_kernel_again():
    """All kernels of the package, in the cache that the tests share."""
    first = run(REPORT_CACHE_HITS)
    assert first.returncode == 0, first.stderr

    def cached():
        files = Path(os.environ["NUMBA_CACHE_DIR"]).rglob("*.nb[ci]")
        return {file: file.stat().st_mtime_ns for file in files}

    before = cached()
    second = run(REPORT_CACHE_HITS)
    assert second.returncode == 0, second.stderr
    hits = dict(line.split() for line in second.stdout.splitlines())
    assert {"_unroll", "_backpropagate", "_profiled_sse", "_holt_step"} <= set(hits)
    assert set(hits.values()) == {"1"}, second.stdout
    assert cached() == before


def plus_one(x):
    return x + 1.0


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A folder that numba caches in, with one kernel in it: its index and its data file."""
    monkeypatch.setattr(config, "CACHE_DIR", str(tmp_path))
    assert Kernel(plus_one, "f8(f8)")(1.0) == 2.0
    (index,) = tmp_path.rglob("*.nbi")
    (data,) = tmp_path.rglob("*.nbc")
    return {"index": index, "data": data}


DAMAGES = {
    "nothing left": lambda good: b"",
    "first half": lambda good: good[: len(good) // 2],
    "all but the last byte": lambda good: good[:-1],
    "zeros": lambda good: bytes(len(good)),
    # What a crash of the machine leaves of a file that had not reached the disk.
    "zeros in the second half": lambda good: good[: len(good) // 2] + bytes(len(good) // 2),
    "text": lambda good: b"<html>404 Not Found</html>\n" * 10,
    "noise": lambda good: np.random.default_rng(0).bytes(len(good)),
    # Pickles that end in each of the errors seen when random bytes were loaded.
    "ValueError": lambda good: b"\x80\x59.",
    "TypeError": lambda good: b"cbuiltins\nlen\n(tR.",
    "OverflowError": lambda good: b"\x8e" + b"\xff" * 8,
    "MemoryError": lambda good: b"\x80\x04\x8e" + b"\x00" * 6 + b"\x10\x00",
    "ImportError": lambda good: b"cno_such_module\nname\n.",
    "AttributeError": lambda good: b"cbuiltins\nno_such_name\n.",
    "UnpicklingError": lambda good: b"\x00",
    "another pickle": lambda good: b"N.",
}


@pytest.mark.parametrize("part", ["index", "data"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_kernel_works_though_its_cache_is_damaged(cache, part, damage):
    cache[part].write_bytes(DAMAGES[damage](cache[part].read_bytes()))
    assert Kernel(plus_one, "f8(f8)")(2.0) == 3.0


@pytest.mark.parametrize("part", ["index", "data"])
def test_a_kernel_works_though_a_part_of_its_cache_is_gone(cache, part):
    cache[part].unlink()
    assert Kernel(plus_one, "f8(f8)")(2.0) == 3.0


def test_a_folder_in_the_place_of_a_cache_file_is_survived(cache):
    cache["data"].unlink()
    cache["data"].mkdir()
    assert Kernel(plus_one, "f8(f8)")(2.0) == 3.0


def test_an_undamaged_cache_is_used(cache):
    assert sum(Kernel(plus_one, "f8(f8)").compiled.stats.cache_hits.values()) == 1


def test_work_without_a_cache_is_logged(cache, caplog):
    cache["index"].write_bytes(b"")
    with caplog.at_level(logging.INFO, logger="tsrnn._compile"):
        Kernel(plus_one, "f8(f8)")(2.0)
    assert "compiling plus_one without a cache" in caplog.text


def test_a_kernel_that_numba_cannot_compile_fails_loudly():
    """The fallback is for the disk; it hides no mistake."""

    @kernel("f8(f8)")
    def broken(x):
        return x + "one"

    with pytest.raises(TypingError):
        broken(1.0)


def test_a_kernel_is_compiled_once():
    counting = Kernel(plus_one, "f8(f8)")
    assert counting.compiled is counting.compiled
