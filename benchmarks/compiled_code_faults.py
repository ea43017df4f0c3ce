"""Faults of compiled code on the disk, and of a process that is interrupted while compiling.

Each part does to the cache of a package what happens to caches, and counts what comes out wrong:

    pairs        two processes fill an empty cache at once, one in float32 and one in float64
    kills        a process is killed while it compiles, where an older version's code lies
    upgrade      one file of the package is replaced by another version of it
    processors   a cache made for generic processors is used on this one, told to be generic, too
    flips        single bits are flipped in what was written
    read-only    a warm cache that cannot be written is used
    interrupts   Ctrl-C at random moments of first fits, each with an empty cache

To compare versions, run it with --package FOLDER for a checkout of each:

    python benchmarks/compiled_code_faults.py --package . --parts pairs flips --repeats 200
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

# A small network of either type of number, and what it must predict whatever the cache holds.
NETWORK = """
import sys, time
import numpy as np
from tsrnn import GRURegressor
import tsrnn._compute.compile, numba.core.ccallback, numba.core.dispatcher, llvmlite.binding
X = np.random.default_rng(0).normal(size=(60, 6)).astype(sys.argv[1])
y = X.sum(axis=1)
moment = float(sys.argv[2])
while time.time() < moment:
    pass
import warnings
warnings.simplefilter("ignore")
model = GRURegressor(max_iter=5, random_state=0, solver="adam").fit(X, y)
print(repr([round(float(v), 3) for v in model.predict(X[:3])]))
"""

# Two kernels of both types of number, as small as kernels are: hundreds of tries in minutes.
SMALL = """
import sys, time
import numpy as np
from tsrnn._optim.minibatch import _follow, _move_sgd
import tsrnn._compute.compile, numba.core.ccallback, numba.core.dispatcher, llvmlite.binding

def results(code):
    x = np.dtype(code).type
    average, theta, velocity = np.zeros(3, code), np.zeros(3, code), np.zeros(3, code)
    _follow[code](average, np.ones(3, code), x(0.5))
    _move_sgd[code](theta, np.ones(3, code), velocity, x(0.25), x(0.0), False)
    return [float(v) for v in (*average, *theta)]
"""
ONE = SMALL + "print(results(sys.argv[1]))"

# Forked from a process that has imported the compiler and compiled nothing, two at a time, and then
# two more, which get what those have left.
PAIRS = (
    SMALL
    + """
import os, shutil, tempfile
for _ in range(int(sys.argv[1])):
    folder = tempfile.mkdtemp()
    os.environ["TSRNN_CACHE_DIR"] = numba.config.CACHE_DIR = folder
    moment = time.time() + 0.2
    for waits in (True, False):
        children = []
        for code in ("f4", "f8"):
            child = os.fork()
            if not child:
                while waits and time.time() < moment:
                    pass
                os.write(1, (str(results(code)) + chr(10)).encode())  # at once: two write there
                os._exit(0)
            children.append(child)
        for child in children:
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            if status:
                print("crash" if status < 0 else "error", status, flush=True)
    shutil.rmtree(folder)
"""
)
SMALL_RIGHT = "[0.5, 0.5, 0.5, -0.25, -0.25, -0.25]"

HOLT = """
from tsrnn import DoubleExpSmoothingRNN
y = [3.0, 5.0, 4.0, 6.5, 7.0, 6.0, 8.0, 9.5, 9.0, 11.0]
print(round(float(DoubleExpSmoothingRNN().fit(y).alpha_), 6))
"""

READ_ONLY = """
import logging, os, sys, time
import numba, numba.core.ccallback, numba.core.dispatcher, numba.core.serialize, llvmlite.binding
import numpy as np
from tsrnn import DoubleExpSmoothingRNN
import tsrnn._compute.vector_code
if os.geteuid() == 0:
    os.seteuid(65534)
began = time.perf_counter()
DoubleExpSmoothingRNN().fit(np.arange(30.0) + np.tile([0, 1, 3], 10))
print(time.perf_counter() - began)
"""

INTERRUPTED = """
import os, signal, sys, threading, time
import numpy as np
from tsrnn import DoubleExpSmoothingRNN, GRURegressor
rng = np.random.default_rng(int(sys.argv[1]))
y = np.arange(30.0) + np.tile([0, 1, 3], 10)
worst, n_interrupts, is_over = 0.0, 0, False
while not is_over:
    sent = []
    def send():
        sent.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)
    timer = threading.Timer(rng.uniform(0.0, float(sys.argv[2])), send)
    try:
        timer.start()
        DoubleExpSmoothingRNN().fit(y)
        is_over = True
        timer.cancel()
        timer.join()
    except KeyboardInterrupt:
        n_interrupts, worst = n_interrupts + 1, max(worst, time.perf_counter() - sent[0])
    except BaseException as error:
        print("broken", n_interrupts + 1, worst, type(error).__name__, str(error)[:80])
        sys.exit(0)
try:
    timer.join()
except KeyboardInterrupt:
    pass
print("right", n_interrupts, worst, round(float(DoubleExpSmoothingRNN().fit(y).alpha_), 6))
"""


class Trial:
    """A package, and an empty cache."""

    def __init__(self, package: Path) -> None:
        self.package = package
        self.folder = Path(tempfile.mkdtemp(prefix="tsrnn-compiled-"))

    def __enter__(self) -> Trial:
        return self

    def __exit__(self, *_) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, code: str, *arguments: object, package=None, **environment) -> subprocess.Popen:
        own = {
            "PYTHONPATH": str(package or self.package),
            "TSRNN_CACHE_DIR": str(self.folder),
            "NUMBA_CACHE_DIR": str(self.folder),
        }
        return subprocess.Popen(
            [sys.executable, "-c", code, *map(str, arguments)],
            cwd=tempfile.gettempdir(),
            env={**os.environ, **own, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, code: str, *arguments: object, **options) -> str:
        return outcome(self.start(code, *arguments, **options))

    def entries(self) -> list[Path]:
        return sorted(p for p in self.folder.rglob("*") if p.suffix in (".nbc", ".nbi", ".code"))


def outcome(process: subprocess.Popen) -> str:
    out, error = process.communicate(timeout=3600)
    if process.returncode == 0:
        return out.strip()
    kind = "crash" if process.returncode < 0 else "error"
    return f"{kind} {process.returncode}: {error.strip().splitlines()[-1:]}"


def judged(results: list[str], right: str) -> Counter:
    return Counter(
        "right" if one == right else one.split()[0] if one[:5] in ("crash", "error") else "wrong"
        for one in results
    )


def pairs(package: Path, n: int) -> str:
    with Trial(package) as trial:
        results = trial.run(PAIRS, n).splitlines()
    for one in results:
        if one != SMALL_RIGHT:
            print(f"    {one}")
    return f"{n} pairs, and a process of each type after: {dict(judged(results, SMALL_RIGHT))}"


def kills(package: Path, n: int) -> str:
    """An older version differs in one number, and its code lies in the cache."""
    results, rng = [], np.random.default_rng(0)
    with Trial(package) as trial, tempfile.TemporaryDirectory() as scratch:
        checkout = Path(scratch) / "checkout"
        shutil.copytree(package / "tsrnn", checkout / "tsrnn")
        path = checkout / "tsrnn" / "_optim" / "minibatch.py"
        new = path.read_text()
        old = new.replace("average[i] += rate * ", "average[i] += theta.dtype.type(0.5) * rate * ")
        assert old != new
        for _ in range(n):
            shutil.rmtree(trial.folder)
            trial.folder.mkdir()
            path.write_text(old)
            trial.run(ONE, "f8", package=checkout)
            path.write_text(new)
            process = trial.start(ONE, "f8", package=checkout)
            # A kill between two writes: as soon as a file has changed.
            before, end = {p: p.stat().st_mtime_ns for p in trial.entries()}, time.time() + 60
            patience = rng.uniform(0.0, 0.002)
            while process.poll() is None and time.time() < end:
                now = {p: p.stat().st_mtime_ns for p in trial.entries() if p.exists()}
                if now != before:
                    time.sleep(patience)
                    process.kill()
                    break
            process.communicate()
            results.append(trial.run(ONE, "f8", package=checkout))
    return f"{n} kills, and a process after each: {dict(judged(results, SMALL_RIGHT))}"


def upgrade(package: Path, n: int) -> str:
    """An inlined function of another file is replaced: Holt's trend is no longer damped there."""
    changes = {
        "_scan/curvature.py": ("miss = now[b] - out[b]", "miss = 0.5 * (now[b] - out[b])"),
        "_scan/unroll.py": (
            '"""Call a step on slabs."""',
            '"""Call a step on slabs."""\n    x[:] *= 0.5',
        ),
        "_compute/vector_sizes.py": ("return 8 if", "return 5 if"),
    }
    results = []
    for name, (old, new) in changes.items():
        code, arguments = (NETWORK, ("f4", 0)) if name == "_compute/vector_sizes.py" else (HOLT, ())
        with Trial(package) as trial, tempfile.TemporaryDirectory() as scratch:
            checkout = Path(scratch) / "checkout"
            shutil.copytree(package / "tsrnn", checkout / "tsrnn")
            trial.run(code, *arguments, package=checkout)
            path = checkout / "tsrnn" / name
            assert old in path.read_text()
            path.write_text(path.read_text().replace(old, new))
            warm = trial.run(code, *arguments, package=checkout)
            with Trial(package) as empty:
                right = empty.run(code, *arguments, package=checkout)
            results.append("right" if warm == right else f"wrong ({name}: {warm}, not {right})")
    return "; ".join(results)


def processors(package: Path, n: int) -> str:
    """Made where processors have no AVX-512: told so, for the cache's code asks the machine."""
    without = (
        "import llvmlite.binding as b\n"
        "f = b.get_host_cpu_features()\n"
        "f['avx512f'] = False\n"
        "b.get_host_cpu_features = lambda: f\n"
    )
    with Trial(package) as trial, Trial(package) as empty:
        trial.run(without + NETWORK, "f4", 0, NUMBA_CPU_NAME="generic")
        warm = trial.run(NETWORK, "f4", 0, NUMBA_CPU_NAME="generic")
        right = empty.run(NETWORK, "f4", 0, NUMBA_CPU_NAME="generic")
    return "right" if warm == right else f"wrong: {warm}, not {right}"


def flips(package: Path, n: int) -> str:
    results, rng = [], np.random.default_rng(0)
    with Trial(package) as trial:
        trial.run(ONE, "f8")
        files = {path: path.read_bytes() for path in trial.entries()}
        for _ in range(n):
            path = list(files)[rng.integers(len(files))]
            damaged = bytearray(files[path])
            damaged[rng.integers(len(damaged))] ^= 1 << rng.integers(8)
            path.write_bytes(damaged)
            results.append(trial.run(ONE, "f8"))
            for one, content in files.items():
                one.write_bytes(content)
    return f"{n} flipped bits: {dict(judged(results, SMALL_RIGHT))}"


def read_only(package: Path, n: int) -> str:
    with Trial(package) as trial:
        trial.run(READ_ONLY.replace("os.seteuid(65534)", "pass"))
        for path in trial.folder.rglob("*"):
            path.chmod(0o555 if path.is_dir() else 0o444)
        trial.folder.chmod(0o555)
        seconds = trial.run(READ_ONLY)
    return f"first fit of another user after {seconds} s"


def interrupts(package: Path, n: int) -> str:
    """Processes until there were n interruptions; one that breaks is followed by another."""
    said, done, worst, seed = Counter(), 0, 0.0, 0
    while done < n:
        with Trial(package) as trial:
            line = trial.run(INTERRUPTED, seed, 4.0)
        seed += 1
        found = re.match(r"(\w+) (\d+) ([\d.e-]+)", line.removeprefix("error 1: "))
        kind, count, waited = found.groups() if found else ("broken", "1", "0")
        said[kind] += 1
        done, worst = done + int(count), max(worst, float(waited))
        print(f"    {line}", flush=True)
    return f"{done} interruptions, longest wait {worst:.2f} s, processes: {dict(said)}"


PARTS = {
    "pairs": pairs,
    "kills": kills,
    "upgrade": upgrade,
    "processors": processors,
    "flips": flips,
    "read-only": read_only,
    "interrupts": interrupts,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--package", type=Path, default=Path(__file__).parents[1])
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--repeats", type=int, default=100)
    options = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for part in options.parts:
        print(f"{part}: {PARTS[part](options.package.resolve(), options.repeats)}", flush=True)


if __name__ == "__main__":
    main()
