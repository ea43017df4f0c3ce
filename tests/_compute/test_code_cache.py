"""Compiled code on the disk: right, or compiled anew, whatever has happened to it."""

import ast
import errno
import functools
import logging
import os
import re
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from paths import PACKAGE

import tsrnn
from tsrnn._compute import code_cache, machine_code, processor
from tsrnn._compute.code_cache import reachable_sources
from tsrnn._compute.compile import Kernel
from tsrnn._compute.declare import Vector
from tsrnn._compute.shipping import every_kernel
from tsrnn._optim.minibatch import _follow

IMPORTED = Path(tsrnn.__file__).parent  # of the checkout, or of a wheel

compiles = pytest.mark.skipif(
    code_cache.SHIPPED.exists(), reason="kernels came compiled: none is compiled, and kept"
)

# Kernels without the estimators, whose libraries take longer to import than a kernel to compile.
KERNELS_ALONE = """
import os, sys, types
package = types.ModuleType("tsrnn")
package.__path__ = [os.path.abspath("tsrnn")]
sys.modules["tsrnn"] = package
"""

# What a forecaster does first: it runs Holt's cell along a series. The sum is of plain fractions.
UNROLL = """
import logging
logging.basicConfig(level=logging.INFO)
import numpy as np
from tsrnn._scan.unroll import unroll
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


def run(code, *, prelude=KERNELS_ALONE, folder=PACKAGE.parent, **environment):
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
    assert "Traceback" not in result.stderr


def follows(code):
    """Whether a kernel does what it should."""
    average, rate = np.zeros(3, code), np.dtype(code).type(0.5)
    compiled = []
    object_file, machine_code._compiled = (
        machine_code._compiled,
        lambda one: compiled.append(one) or object_file(one),
    )
    try:
        Kernel(_follow[code].function, code)(average, np.ones(3, code), rate)
    finally:
        machine_code._compiled = object_file
    return list(average) == [0.5] * 3, 1 - len(compiled)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty cache, beside a package without code, wherever it is imported from."""
    monkeypatch.setattr(code_cache, "SHIPPED", tmp_path / "nothing")
    monkeypatch.setenv("TSRNN_CACHE_DIR", str(tmp_path / "compiled"))
    return tmp_path / "compiled"


@pytest.fixture
def entry(folder):
    """The file of a small kernel."""
    assert follows("f8") == (True, 0)
    (entry,) = folder.iterdir()
    return entry


# Where it is.


def test_the_folder_is_named_by_its_variable_then_numbas_then_the_users(monkeypatch, tmp_path):
    monkeypatch.setenv("TSRNN_CACHE_DIR", str(tmp_path / "own"))
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "numba"))
    assert code_cache.folder() == tmp_path / "own"
    monkeypatch.delenv("TSRNN_CACHE_DIR")
    assert code_cache.folder() == tmp_path / "numba" / "tsrnn"
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    assert "tsrnn" in code_cache.folder().parts
    assert not code_cache.folder().is_relative_to(PACKAGE.parent)


@pytest.mark.skipif(os.name != "posix", reason="modes of folders are of Unix")
def test_the_folder_is_private(entry):
    assert stat.S_IMODE(entry.parent.stat().st_mode) == 0o700


@compiles
def test_numba_itself_is_left_as_it_is(tmp_path):
    """Its settings are of the whole process, and its cache is used by others."""
    result = run(
        "import numba, os; before = dict(os.environ), {k: repr(v) for k, v in "
        "vars(numba.config).items() if k.isupper()}\n"
        + UNROLL
        + "assert before == (dict(os.environ), {k: repr(v) for k, v in "
        "vars(numba.config).items() if k.isupper()})",
        TSRNN_CACHE_DIR=str(tmp_path / "own"),
        NUMBA_CACHE_DIR=str(tmp_path / "numba"),
    )
    assert_right(result)
    assert list((tmp_path / "own").iterdir())
    assert not (tmp_path / "numba").exists()
    assert not list(PACKAGE.rglob("*.nb?"))


# Without a disk that takes what is written.


@compiles
def test_kernels_work_where_no_folder_can_be_written(monkeypatch, tmp_path, caplog):
    """Root writes even where it may not, so a plain file stands in the way of every folder."""
    obstacle = tmp_path / "plain file"
    obstacle.write_text("no folder")
    monkeypatch.setenv("TSRNN_CACHE_DIR", str(obstacle / "compiled"))
    with caplog.at_level(logging.INFO, logger="tsrnn._compute.code_cache"):
        assert follows("f8") == (True, 0)
    assert "cannot keep compiled code" in caplog.text


def test_kernels_work_where_the_user_has_no_home(monkeypatch, tmp_path):
    for name in ("HOME", "XDG_CACHE_HOME", "TSRNN_CACHE_DIR", "NUMBA_CACHE_DIR"):
        monkeypatch.setenv(name, "")
    monkeypatch.chdir(tmp_path)
    assert follows("f8")[0]


@compiles
def test_kernels_work_where_the_disk_is_full(folder, caplog):
    """A limit on the size of files is met, as a full disk is, in the middle of writing."""
    resource = pytest.importorskip("resource", reason="limits on the size of files are of Unix")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with caplog.at_level(logging.INFO, logger="tsrnn._compute.code_cache"):
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
        try:
            found = follows("f8")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert found == (True, 0)
    assert "cannot keep compiled code" in caplog.text
    assert not list(folder.iterdir()), "something half-written is left"
    assert follows("f8") == (True, 0)
    assert list(folder.iterdir())


def test_what_can_be_read_and_not_written_is_read(entry):
    """As a cache that was filled when an image was built, by another user."""
    if os.name != "posix":
        pytest.skip("modes of folders are of Unix")
    entry.parent.chmod(0o555)
    entry.chmod(0o444)
    try:
        # Root may do anything.
        if is_root := os.geteuid() == 0:
            entry.parent.parent.chmod(0o755)
            for parent in entry.parents[2:-1]:
                if parent.stat().st_mode & 0o005 != 0o005 and "pytest" in str(parent):
                    parent.chmod(0o755)
            os.seteuid(65534)
        before = entry.stat().st_mtime_ns
        assert follows("f8") == (True, 1)
        assert follows("f4") == (True, 0)
        assert entry.stat().st_mtime_ns == before
    finally:
        if is_root:
            os.seteuid(0)
        entry.parent.chmod(0o755)
    assert list(entry.parent.iterdir()) == [entry]


# What is read is what was written.


REPORT_CACHE_HITS = """
import importlib, pkgutil
import tsrnn
from tsrnn._compute import machine_code
from tsrnn._compute.compile import Kernel, Step
object_file, seen, compiled = machine_code._compiled, set(), []
machine_code._compiled = lambda code: compiled.append(code) or object_file(code)
for module in pkgutil.walk_packages(tsrnn.__path__, "tsrnn."):
    if module.name.endswith("__main__"):
        continue
    for item in vars(importlib.import_module(module.name)).values():
        for one in item.values() if isinstance(item, dict) else [item]:
            if isinstance(one, Kernel | Step) and id(one) not in seen:
                seen.add(id(one))
                one.load()
                print(one.function.__qualname__, int(one not in compiled))
"""


def test_the_next_process_compiles_no_kernel_again():
    """All kernels of the package, in the cache that the tests share."""
    for kernel in every_kernel():
        kernel.load()

    def kept():
        return {file: file.stat().st_mtime_ns for file in code_cache.folder().glob("*")}

    before = kept()
    other = run(REPORT_CACHE_HITS, prelude="", folder=IMPORTED.parent)
    assert other.returncode == 0, other.stderr
    hits = dict(line.split() for line in other.stdout.splitlines())
    assert {"_unroll", "_backpropagate", "_profiled_sse", "_holt_step"} <= set(hits)
    assert {"_move_adam", "forward_layer"} <= set(hits)
    assert set(hits.values()) == {"1"}, other.stdout
    assert kept().items() >= before.items()


def test_an_undamaged_entry_is_used(entry):
    assert follows("f8") == (True, 1)


def test_every_type_of_number_has_an_entry_of_its_own(entry):
    assert follows("f4") == (True, 0)
    assert follows("f4") == (True, 1)
    assert follows("f8") == (True, 1)
    assert len(list(entry.parent.iterdir())) == 2


DAMAGES = {
    "nothing left": lambda good: b"",
    "first half": lambda good: good[: len(good) // 2],
    "all but the last byte": lambda good: good[:-1],
    "one byte more": lambda good: good + b"\0",
    "zeros": lambda good: bytes(len(good)),
    # What a crash of the machine leaves of a file that had not reached the disk.
    "zeros in the second half": lambda good: good[: len(good) // 2] + bytes(len(good) // 2),
    "text": lambda good: b"<html>404 Not Found</html>\n" * 10,
    "noise": lambda good: np.random.default_rng(0).bytes(len(good)),
    "a pickle that fails": lambda good: good[:32] + b"cno_such_module\nname\n.",
    "another pickle": lambda good: b"N.",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_entry_is_compiled_anew_and_mended(entry, damage, caplog):
    good = entry.read_bytes()
    entry.write_bytes(DAMAGES[damage](good))
    with caplog.at_level(logging.WARNING, logger="tsrnn._compute.code_cache"):
        assert follows("f8") == (True, 0)
    assert "is damaged: compiled anew" in caplog.text
    assert follows("f8") == (True, 1)


def test_no_byte_can_be_flipped_unseen(entry):
    """A flipped bit in machine code would crash, or compute something else."""
    name, good = entry.name.removesuffix(".code"), entry.read_bytes()
    assert code_cache.read(name) == good[32:]
    with entry.open("r+b", buffering=0) as file:
        for place in range(len(good)):
            os.pwrite(file.fileno(), bytes([good[place] ^ 1 << place % 8]), place)
            assert code_cache.read(name) is None, place
            os.pwrite(file.fileno(), good[place : place + 1], place)
    assert follows("f8") == (True, 1)


def test_an_entry_under_the_name_of_another_is_not_taken(entry):
    good = entry.read_bytes()
    assert follows("f4") == (True, 0)
    (other,) = set(entry.parent.iterdir()) - {entry}
    other.write_bytes(good)
    assert follows("f4") == (True, 0)


@pytest.mark.parametrize("obstacle", ["file", "folder"])
def test_what_stands_in_the_way_is_survived(folder, entry, obstacle):
    entry.unlink()
    entry.mkdir() if obstacle == "folder" else entry.symlink_to("nowhere")
    assert follows("f8") == (True, 0)


# Two processes, and one that is killed.

FILL = """
import sys
import numpy as np
from tsrnn._optim.minibatch import _follow
import tsrnn._compute.numba_code
print("ready", flush=True)
sys.stdin.readline()
code = sys.argv[1]
average = np.zeros(3, code)
_follow[code](average, np.ones(3, code), np.dtype(code).type(0.5))
assert list(average) == [0.5] * 3, average
"""


@compiles
def test_two_processes_that_fill_an_empty_cache_at_once_fill_it_right(folder):
    both = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    command = [sys.executable, "-c", KERNELS_ALONE + FILL]
    pair = [subprocess.Popen([*command, code], cwd=PACKAGE.parent, **both) for code in ("f4", "f8")]
    assert [process.stdout.readline() for process in pair] == ["ready\n"] * 2
    for process in pair:
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in pair:
        process.communicate(timeout=300)
    assert [process.returncode for process in pair] == [0, 0]
    assert follows("f4") == follows("f8") == (True, 1)


KILLED = """
import os, sys
from pathlib import Path
import numpy as np
from tsrnn import _files
from tsrnn._compute import code_cache, machine_code
from tsrnn._compute.compile import Kernel
from tsrnn._optim.minibatch import _follow

calls = 0

def or_die(function):
    def call(*arguments, **options):
        global calls
        calls += 1
        if calls == deadly:
            os._exit(9)
        return function(*arguments, **options)
    return call

class Os:
    '''What writes a file calls of the system.'''
    def __getattr__(self, name):
        found = getattr(os, name)
        return or_die(found) if name in ("fsync", "replace", "open", "close") else found

class File:
    def __init__(self, file):
        self.file = file
    def writelines(self, lines):
        for line in lines:
            half = len(line) // 2
            or_die(self.file.write)(line[:half])
            self.file.flush()
            or_die(self.file.write)(line[half:])
            self.file.flush()

def in_child(work):
    child = os.fork()
    if not child:
        work()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

def run():
    average = np.zeros(3)
    Kernel(_follow["f8"].function)(average, np.ones(3), 0.5)
    assert list(average) == [0.5] * 3

def run_until_killed():
    _files.os = Os()
    replace_file = _files.replace_file
    code_cache.replace_file = lambda path, write: replace_file(
        path, lambda file: write(File(file))
    )
    run()

def run_after():
    machine_code._compiled = lambda code: os._exit(7)
    run()

machine_code._compiled(_follow["f8"])  # so that numba is imported once, before all forks
for deadly in range(1, 12):
    for path in code_cache.folder().glob("*"):
        path.unlink()
    killed = in_child(run_until_killed)
    is_whole = in_child(run_after) == 0
    in_child(run)
    left = len(list(code_cache.folder().glob(".*.tmp")))
    print(killed, int(is_whole), left)
    if killed == 0:
        break
"""


@compiles
@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
def test_a_process_that_is_killed_leaves_the_whole_entry_or_none(folder):
    """Before each of its writes in turn; the next process writes it, and removes what is left."""
    result = run(KILLED)
    assert result.returncode == 0, result.stderr
    outcomes = [tuple(map(int, line.split())) for line in result.stdout.splitlines()]
    assert {(killed, left) for killed, _, left in outcomes} == {(9, 0), (0, 0)}
    assert outcomes[0] == (9, 0, 0)
    assert outcomes[-1] == (0, 1, 0)
    # Killed once the file has its name: it is whole.
    assert (9, 1, 0) in outcomes


# What code depends on.


@pytest.fixture
def package_copy(tmp_path):
    shutil.copytree(PACKAGE, tmp_path / "tsrnn")  # with its bytecode, which goes by times
    return tmp_path


def replace_in(path, old, new):
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


HALVED = """
import numpy as np
from tsrnn._scan.linear import error_products
from tsrnn.cells import CELLS
print(repr(float(error_products(CELLS["ses"](), np.array([[0.5]]), np.ones((1, 4)))[0, 0, 0])))
"""


def test_an_upgrade_in_place_is_not_served_the_code_of_before(package_copy, folder):
    """What has changed is neither the kernel nor its file, but what it calls in another."""
    first = run(HALVED, folder=package_copy)
    assert float(first.stdout) == 1.0 + 0.25 + 0.0625 + 0.015625, first.stderr
    replace_in(
        package_copy / "tsrnn" / "_scan" / "unroll.py",
        '    """Call a step on slabs."""\n',
        '    """Call a step on slabs."""\n'
        "    for lane in range(n_lanes):\n        x[0, lane] *= 2.0\n",
    )
    second = run(HALVED, folder=package_copy)
    assert second.returncode == 0, second.stderr
    assert float(second.stdout) == 4.0 * float(first.stdout)


def test_a_process_whose_sources_were_replaced_keeps_nothing(package_copy, folder):
    """It runs what it has imported, and on the disk is something else."""
    upgrade = f"""
import tsrnn._scan.unroll
path = {str(package_copy / "tsrnn" / "_scan" / "unroll.py")!r}
text = open(path).read()
os.unlink(path)
open(path, "w").write(text + "# a new version\\n")
"""
    result = run(upgrade + UNROLL, folder=package_copy)
    assert_right(result)
    assert "_unroll is compiled in every process" in result.stderr
    assert not [path for path in folder.glob("*") if "_unroll" in path.name]


def name_of_entry(**environment):
    """The name of the user's entry in a process with these settings."""
    known = (processor.processor, processor._host_features, machine_code._compiler)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        for one in known:
            one.cache_clear()
        name, folder = machine_code._entries_of(_follow["f8"])[-1]
    for one in known:
        one.cache_clear()
    assert folder is None
    return name


def test_another_processor_or_setting_is_another_entry():
    settings = [
        {},
        {"NUMBA_CPU_NAME": "generic"},
        {"NUMBA_OPT": "1"},
        {"NUMBA_BOUNDSCHECK": "1"},
        {"NUMBA_ENABLE_AVX": "0"},
    ]
    names = [name_of_entry(**setting) for setting in settings]
    assert len(set(names)) == len(names)
    assert name_of_entry(NUMBA_NUM_THREADS="1", NUMBA_CACHE_DIR="elsewhere") == names[0]


def test_vectors_are_as_wide_as_the_registers_compiled_for():
    """Not as this machine's, where code is made for another (numba's way to share a cache)."""
    code = "from tsrnn._compute import vector_sizes as v; print(v.most_rows(), v.tile_shape())"
    assert run(code, NUMBA_CPU_NAME="generic").stdout == "6 (2, 3)\n"


def test_a_function_of_another_package_is_not_kept(folder):
    """Nobody knows what it calls, and which constants it holds."""

    def double(x: Vector):
        x[0] *= 2.0

    x = np.array([1.5])
    Kernel(double)(x)
    assert x[0] == 3.0
    assert not folder.exists()


@functools.cache
def imports_of(path):
    """Files of the package that a file imports, by Python's own parser."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "tsrnn":
                on_the_way = [IMPORTED.joinpath(*parts[1:n]) for n in range(2, len(parts) + 1)]
                files = [file for place in on_the_way for file in modules_at(place)]
                found |= set(files[-1:])  # what a name is taken from, not what leads there
    return found


def modules_at(place):
    return [file for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file()]


def test_all_that_a_kernel_can_reach_is_in_its_key():
    """The sources are read by a regular expression, which is quick, and right as the parser is."""
    for path in IMPORTED.rglob("*.py"):
        expected, waiting = set(), [path]
        while waiting:
            one = waiting.pop()
            if one not in expected:
                expected.add(one)
                waiting.extend(imports_of(one))
        assert set(reachable_sources(path)) == expected, path


def test_kernels_are_not_made_in_functions():
    """A function's line and its file tell everything of it, but for what it closes over."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                for inner in ast.walk(node):
                    if inner is not node and isinstance(inner, ast.FunctionDef):
                        made = [ast.unparse(one) for one in inner.decorator_list]
                        assert not [one for one in made if re.match(r"\w*kernel", one)], path


# Old entries.


def test_what_nobody_asks_for_is_removed_and_what_is_used_stays(folder, entry):
    long_ago = time.time() - 100 * 86400
    used = entry
    unused = folder / "of_an_old_version-0.code"
    unused.write_bytes(b"old")
    for path in (used, unused):
        os.utime(path, (long_ago, long_ago))
    assert follows("f8") == (True, 1)
    code_cache._remove_unused.cache_clear()
    assert follows("f4") == (True, 0)
    assert used.exists()
    assert not unused.exists()


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.ENOENT, errno.EIO])
def test_an_old_entry_that_cannot_be_marked_as_used_is_used(monkeypatch, tmp_path, number):
    """On a disk that can only be read, of another user, or removed just now."""
    monkeypatch.setenv("TSRNN_CACHE_DIR", str(tmp_path))
    code_cache.write("some", b"code")
    for path in code_cache.folder().iterdir():
        os.utime(path, (1e9, 1e9))

    def refuse(path, times=None):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "utime", refuse)
    assert code_cache.read("some") == b"code"
