"""Kernels: compiled once, by a thread that nothing breaks off half-way.

What is kept of them on the disk is in test_code_cache.py.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from typing import NamedTuple

import numpy as np
import pytest
from numba.core.errors import TypingError

from tsrnn._compute import declare, machine_code, numba_code
from tsrnn._compute.compile import Kernel, kernel, kernel_of_both
from tsrnn._compute.declare import OwnVector, Slab, Stop, Vector
from tsrnn._compute.threads import in_threads, to_its_end

# What is thought to hang is given so long.
LONG = 300


def run(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=LONG,
    )


def plus_one(x: Vector):
    x[0] += 1.0


def test_a_kernel_that_numba_cannot_compile_fails_loudly():
    """Whatever the cache forgives, it hides no mistake."""

    @kernel
    def broken(x: float):
        x + "one"

    with pytest.raises(TypingError):
        broken(1.0)


def test_a_kernel_may_not_allocate_and_an_error_in_it_is_one():
    """Its code would need numba in every process that runs it, and says no more than that."""

    @kernel
    def allocating(x: Vector):
        x[0] = np.empty(3)[0]

    @kernel
    def raising(x: Vector):
        if x[0] > 0.0:
            raise ValueError("too large")

    with pytest.raises(TypingError, match="returning of array"):
        allocating(np.zeros(1))
    raising(np.zeros(1))
    with pytest.raises(RuntimeError, match="raising has failed in compiled code"):
        raising(np.ones(1))


def test_a_kernel_is_compiled_once():
    counting = Kernel(plus_one)
    assert counting.load() is counting.load()


class Pair(NamedTuple):
    """A record of a kernel's own type of numbers and another."""

    own: OwnVector
    whole: int


@kernel_of_both
def add_all(pair: Pair, times: float, doubled: bool, table: Slab, stop: Stop, out: OwnVector):
    out[0] = 0.0
    for i in range(pair.own.size):
        out[0] += pair.own[i] * pair.whole
    out[0] = out[0] * times * (2.0 if doubled else 1.0) + table[1, 2] + stop[0]


@pytest.mark.parametrize("own", ["f4", "f8"])
def test_a_kernel_reads_records_arrays_and_numbers_of_all_kinds(own):
    out = np.zeros(1, own)
    pair = Pair(np.array([1.0, 2.0], own), np.int64(3))
    table, stop = np.arange(6.0).reshape(2, 3), np.ones(1, np.int8)
    add_all[own](pair, np.float32(0.5), np.True_, table, stop, out)
    assert out[0] == (1.0 + 2.0) * 3 * 0.5 * 2.0 + 5.0 + 1.0


class OfUser(np.ndarray):
    """A subclass, as np.memmap is."""


def test_arrays_are_known_by_their_numbers_and_not_by_their_class():
    x = np.zeros(2)
    same_type = np.dtype([("a", "f8")])["a"].newbyteorder("=")
    for view in (x.view(OfUser), x.view(same_type), x[:1], x[1:]):
        before = view[0]
        Kernel(plus_one)(view)
        assert view[0] == before + 1.0


@pytest.mark.parametrize(
    "wrong",
    [
        [1.0],
        1.0,
        None,
        np.zeros(1, "f4"),
        np.zeros(1, ">f8"),
        np.zeros(1, "i8"),
        np.zeros((1, 1)),
        np.zeros(()),
        np.zeros(4)[::2],
        np.broadcast_to(0.0, 1),
        np.zeros(9, "u1")[1:].view("f8"),
    ],
    ids=lambda wrong: f"{type(wrong).__name__} {getattr(wrong, 'dtype', '')}",
)
def test_what_is_no_such_array_is_refused(wrong):
    """Compiled code would read and write where it must not."""
    with pytest.raises(TypeError, match="plus_one: argument 1 must be a writable 1-dimensional"):
        Kernel(plus_one)(wrong)


def test_whole_numbers_are_whole():
    pair = Pair(np.ones(1), 1.5)
    with pytest.raises(TypeError):
        add_all["f8"](pair, 1.0, True, np.zeros((2, 3)), np.zeros(1, np.int8), np.zeros(1))


@pytest.mark.parametrize("wrong", [(), (np.ones(1),), (np.ones(1), 1, 1), None, [np.ones(1), 1]])
def test_a_record_has_its_fields(wrong):
    with pytest.raises(TypeError, match="add_all takes 6 arguments, records of as many fields"):
        add_all["f8"](wrong, 1.0, True, np.zeros((2, 3)), np.zeros(1, np.int8), np.zeros(1))


def test_as_many_arguments_are_taken_as_there_are():
    with pytest.raises(TypeError, match="plus_one takes 1 arguments"):
        Kernel(plus_one)(np.ones(1), np.ones(1))


def test_slow_compiling_is_told_of_once_and_quick_compiling_is_not(monkeypatch, caplog):
    machine_code._say_that_it_takes_long.cache_clear()
    for slow, n_lines in ((LONG, 0), (0.0, 1), (0.0, 1)):
        monkeypatch.setattr(machine_code, "_SLOW", slow)
        waiting = threading.active_count()
        Kernel(plus_one)(np.zeros(1))
        while threading.active_count() > waiting:  # an alarm that is not rung is switched off
            time.sleep(0.01)
        assert caplog.text.count("compiling") == n_lines


def test_threads_that_ask_at_once_get_the_same_code():
    request = Kernel(plus_one)
    jobs = [()] * 8
    assert len(set(map(id, in_threads(lambda: request.load(), jobs, 8)))) == 1


def test_without_a_compiler_the_reason_is_named():
    code = "from tsrnn import SimpleExpSmoothingRNN; SimpleExpSmoothingRNN().fit([1.0, 2.0, 4.0])"
    result = run(code, NUMBA_DISABLE_JIT="1")
    assert "RuntimeError: NUMBA_DISABLE_JIT is set" in result.stderr


def test_what_numba_is_told_is_struck_off_when_it_knows_it(monkeypatch):
    """An extension of numba that is broken off is given again."""
    tries = []

    def teach():
        tries.append(len(tries))
        if len(tries) == 1:
            raise MemoryError

    monkeypatch.setattr(declare, "numba_extensions", [teach])
    with pytest.raises(MemoryError):
        numba_code._teach_numba()
    numba_code._teach_numba()
    numba_code._teach_numba()
    assert tries == [0, 1]


def interrupt_main_thread_when(ready):
    """Send this process Ctrl-C as soon as an event has happened."""
    thread = threading.Thread(target=lambda: (ready.wait(), os.kill(os.getpid(), signal.SIGINT)))
    thread.start()
    return thread


def test_ctrl_c_ends_the_waiting_and_not_the_work():
    begun, go_on, finished = threading.Event(), threading.Event(), threading.Event()

    def work():
        begun.set()
        assert go_on.wait(LONG)
        finished.set()

    sender = interrupt_main_thread_when(begun)
    with pytest.raises(KeyboardInterrupt):
        to_its_end(work)
    sender.join()
    assert not finished.is_set()
    go_on.set()
    assert finished.wait(LONG)


def test_an_error_reaches_who_waits():
    with pytest.raises(ZeroDivisionError):
        to_its_end(lambda: 1 / 0)


def test_a_fork_waits_for_the_compiler_and_the_child_works():
    """Forked while another thread compiles, a child would wait for that thread for ever."""
    if not hasattr(os, "fork"):
        pytest.skip("there is no fork on this system")
    code = """
import os, threading, time, warnings
import numpy as np
from tsrnn._compute import machine_code
from tsrnn._optim.minibatch import _follow

warnings.simplefilter("ignore", DeprecationWarning)  # of a fork where there are threads
begun = threading.Event()
function_of = machine_code.function_of

def slowly(kernel):
    begun.set()
    time.sleep(1.0)
    return function_of(kernel)

machine_code.function_of = slowly
thread = threading.Thread(target=lambda: _follow["f8"].load())
thread.start()
begun.wait()
child = os.fork()
assert _follow["f8"]._code is not None, "forked while compiling"
average = np.zeros(1)
_follow["f4"](average.astype("f4"), np.ones(1, "f4"), 0.5)
_follow["f8"](average, np.ones(1), 0.5)
assert average[0] == 0.5
if child:
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    print("both worked")
os._exit(0) if not child else None
"""
    result = run(code)
    assert result.stdout == "both worked\n", result.stderr


INTERRUPTED_SEARCH = """
import os, signal, threading, time
import numpy as np
from tsrnn import TripleExpSmoothingRNN
from tsrnn.smoothing.search.compiled import fit as lanes

rng = np.random.default_rng(0)
y = 100 + 10 * np.sin(np.arange(4000) * 2 * np.pi / 168) + rng.normal(size=4000)
TripleExpSmoothingRNN(period=4).fit(y[:40])  # compiles
compiled, begun = lanes.minimize_lanes.load(), threading.Event()

def search(*arguments):
    begun.set()
    compiled(*arguments)

lanes.minimize_lanes._code = search

def send():
    begun.wait()
    time.sleep(0.05)
    global sent
    sent = time.perf_counter()
    os.kill(os.getpid(), signal.SIGINT)

threading.Thread(target=send).start()
try:
    TripleExpSmoothingRNN(period=168).fit(y)
except KeyboardInterrupt:
    print("waited", time.perf_counter() - sent)
print(TripleExpSmoothingRNN(period=4).fit(y[:40]).predict(1))
"""


def test_ctrl_c_ends_a_long_search():
    """Of a season of 168 steps, of which the search takes many seconds."""
    result = run(INTERRUPTED_SEARCH)
    assert result.returncode == 0, result.stderr
    waited, forecast = result.stdout.splitlines()
    # It ends at the next step of its loop over time, microseconds later. The bound is for machines
    # that are busy with other things.
    assert float(waited.split()[1]) < 2.0
    assert forecast.startswith("[")
