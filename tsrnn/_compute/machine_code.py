"""Machine code in memory: which processor it is for, how it gets there, and how it is called.

The code of one kernel is an object file of one entry. It is taken from the package or the cache if
one of them has it (see `tsrnn._compute.code_cache`), and made by numba else, and LLVM's linker puts
it in memory. Its entry takes arrays as Python has them, looks at their types, and answers with the
place of the first that is not what it must be.
"""

from __future__ import annotations

import ctypes
import functools
import importlib.metadata
import logging
import os
import platform
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tsrnn._compute import code_cache
from tsrnn._version import __version__

if TYPE_CHECKING:
    from tsrnn._compute.compile import ArrayOf, Kernel, Step

_logger = logging.getLogger(__name__)

# What an object file calls its entry.
ENTRY = "tsrnn_entry"

# What it calls the numbers that are filled in when it is loaded, as many, and types of arrays in
# their order there.
KNOWN = "tsrnn_known"
CODES = ("f8", "f4", "i8", "i4", "i1", "b1")
N_KNOWN = 3 + len(CODES)

# What entries call of Python's stable interface.
OF_PYTHON = (
    "PyErr_Occurred",
    "PyEval_RestoreThread",
    "PyEval_SaveThread",
    "PyFloat_AsDouble",
    "PyLong_AsLongLong",
    "PyLong_FromLongLong",
    "PyObject_IsTrue",
    "PyTuple_GetItem",
    "Py_IncRef",
)

# Held while code is loaded or compiled. A process that is forked meanwhile would find the locks of
# the compiler held by a thread that it does not have, and what they guard half changed: forks wait.
loading = threading.RLock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=loading.acquire,
        after_in_parent=loading.release,
        after_in_child=loading.release,
    )

# When compiling has taken so many seconds, a line of the log says so, once in a process.
_SLOW = 1.0
_SECONDS = 20, 10

# Numba's settings that compiled code does not depend on begin like this.
_SETTINGS_OF_OTHERS = ("NUM_THREADS", "CUDA", "CACHE", "THREADING", "COLOR", "SHOW_HELP", "GDB")

# Processors that code is shipped for, the best first, with features that they are known by.
LEVELS = (
    {
        "x86-64-v4": ("avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"),
        "x86-64-v3": ("avx", "avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt", "movbe"),
        "x86-64-v2": ("cx16", "popcnt", "sse3", "sse4.1", "sse4.2", "ssse3"),
    }
    if platform.machine() in ("x86_64", "AMD64")
    else {"generic": ()}
)


class Processor(NamedTuple):
    """What code is made for: LLVM's name of a processor, and features that it has or has not."""

    name: str
    features: str


@functools.cache
def _llvm() -> Any:
    """Return LLVM's interface, for this machine."""
    import llvmlite.binding

    llvmlite.binding.initialize_native_target()
    llvmlite.binding.initialize_native_asmprinter()
    return llvmlite.binding


@functools.cache
def _host_features() -> dict[str, bool]:
    features = dict(_llvm().get_host_cpu_features())
    if os.environ.get("NUMBA_ENABLE_AVX", "1") == "0":
        features |= {name: False for name in features if name.startswith("avx")}
    return features


@functools.cache
def processor() -> Processor:
    """Return what code is compiled for here: numba's settings say, or else it is this machine."""
    name, features = (os.environ.get(f"NUMBA_CPU_{one}") for one in ("NAME", "FEATURES"))
    if features is None:
        own = sorted(_host_features().items()) if name is None else []
        features = ",".join(f"{'+' if has else '-'}{feature}" for feature, has in own)
    return Processor(_llvm().get_host_cpu_name() if name is None else name, features)


@functools.cache
def _shipped_levels() -> tuple[str, ...]:
    """Return the levels whose code this machine can run, the best first."""
    if any(name.startswith("NUMBA_CPU") for name in os.environ):
        return ()
    host = _host_features()
    return tuple(
        level
        for i, level in enumerate(LEVELS)
        if all(host.get(feature) for below in list(LEVELS)[i:] for feature in LEVELS[below])
    )


@functools.cache
def target_machine() -> Any:
    """Return LLVM's generator of code for the processor."""
    llvm = _llvm()
    target = llvm.Target.from_default_triple()
    reloc = "static" if target.name.startswith("x86") else "default"
    return target.create_target_machine(
        cpu=processor().name,
        features=processor().features,
        opt=3,
        reloc=reloc,
        codemodel="jitdefault",
        jit=True,
    )


def _object_file(code: Kernel | Step) -> bytes:
    try:
        entries = _entries_of(code)
    except code_cache.UnknownSources as reason:
        _logger.info("%s is compiled in every process: %s", code.function.__qualname__, reason)
        return _compiled(code)
    for name, folder in entries:
        found = code_cache.read(name, folder)
        if found is not None:
            return found
    content = _compiled(code)
    code_cache.write(entries[-1][0], content)
    return content


def has_code(code: Kernel | Step) -> bool:
    """Whether the package or the cache has the code of a kernel or step."""
    return any(code_cache.read(*entry) is not None for entry in _entries_of(code))


def _entries_of(code: Kernel | Step) -> list[tuple[str, Path | None]]:
    """Return what entries may hold the code, with the folders they are in, the user's last."""
    shipped = [(name_of_shipped(code, level), code_cache.SHIPPED) for level in _shipped_levels()]
    return [*shipped, (_name(code, ("for", processor()), ("by", *_compiler())), None)]


def name_of_shipped(code: Kernel | Step, level: str) -> str:
    """Return what the entry of a level is called."""
    return _name(code, ("level", level))


def _name(code: Kernel | Step, *facts: object) -> str:
    function = code.function
    sources = code_cache.sources_digest(function.__module__)
    return code_cache.entry_name(
        f"{function.__module__.removeprefix('tsrnn.')}.{function.__name__}",
        [
            ("tsrnn", __version__, sources),
            ("function", function.__qualname__, function.__code__.co_firstlineno, code.signature),
            ("platform", sys.platform, platform.machine()),
            *facts,
        ],
    )


@functools.cache
def _compiler() -> tuple:
    """Return which numba compiles, and its settings that code depends on."""
    settings = sorted(
        item
        for item in os.environ.items()
        if item[0].startswith("NUMBA_")
        and not item[0].removeprefix("NUMBA_").startswith(_SETTINGS_OF_OTHERS)
    )
    try:
        with open(".numba_config.yaml", encoding="utf-8") as file:
            settings.append((".numba_config.yaml", file.read()))
    except OSError:
        pass
    return importlib.metadata.version("numba"), importlib.metadata.version("llvmlite"), settings


def _compiled(code: Kernel | Step) -> bytes:
    """Compile now, and say so where it takes long."""
    alarm = threading.Timer(_SLOW, _say_that_it_takes_long)
    alarm.daemon = True
    alarm.start()
    try:
        from tsrnn._compute.numba_code import object_file

        return object_file(code)
    finally:
        alarm.cancel()


@functools.cache
def _say_that_it_takes_long() -> None:
    _logger.warning(
        "compiling, once for this machine and version: some %d seconds for smoothers, %d for "
        "networks",
        *_SECONDS,
    )


# What owns loaded code, which lives as long as the process.
_owners: list[Any] = []


def _load(content: bytes) -> Any:
    """Put an object file in memory, by a linker of its own: all call their entries the same."""
    llvm = _llvm()
    _tell_linkers_of_python()
    machine = llvm.Target.from_default_triple().create_target_machine(jit=True)
    linker = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    linker.add_object_file(llvm.ObjectFileRef.from_data(content))
    linker.finalize_object()
    _owners.append(linker)
    return linker


def address_of(step: Step) -> int:
    """Load the code of a step, compiling it if nobody has, and return its address."""
    return _load(_object_file(step)).get_function_address(ENTRY)


def function_of(kernel: Kernel) -> Callable:
    """Load the code of a kernel, compiling it if nobody has, and return what Python calls."""
    linker = _load(_object_file(kernel))
    known = _known()
    ctypes.memmove(linker.get_global_value_address(KNOWN), known.ctypes.data, known.nbytes)
    name = kernel.function.__name__.encode()
    method = _Method(name, linker.get_function_address(ENTRY), _FASTCALL, None)
    _owners.append(method)
    make = ctypes.pythonapi.PyCFunction_NewEx
    make.argtypes, make.restype = (
        [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p],
        (ctypes.py_object),
    )
    return make(ctypes.addressof(method), None, None)


class _Method(ctypes.Structure):
    """Python's description of a function that machine code is."""

    _fields_ = [
        ("name", ctypes.c_char_p),
        ("address", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    ]


# Of `_Method.flags`: arguments come as a vector of objects and their number.
_FASTCALL = 0x80


@functools.cache
def _tell_linkers_of_python() -> None:
    """Say where Python's functions are, for not every process shows them to all."""
    for name in OF_PYTHON:
        address = ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value
        _llvm().add_symbol(name, address)


def _known() -> np.ndarray:
    """Return what entries compare with: addresses of Python's own, and the size of their head."""
    types = [np.dtype(code) for code in CODES]
    known = [id(None), object.__basicsize__, id(np.ndarray), *map(id, types)]
    return np.array(known, dtype=np.int64)


def plain_array(array: Any, part: ArrayOf) -> Any:
    """Return an array of the very types that entries know, with the same memory, if it is one."""
    if not isinstance(array, np.ndarray) or array.dtype != np.dtype(part.code):
        return array
    return np.asarray(array).view(np.dtype(part.code))


def words_for(argument: Any) -> str:
    """Say what an argument is, in an error."""
    if not isinstance(argument, np.ndarray):
        return type(argument).__name__
    return (
        f"{argument.ndim} dimensions of {argument.dtype.str}"
        f"{'' if argument.flags.writeable else ', read-only'}"
        f"{'' if argument.flags.c_contiguous else ', not in rows'}"
    )
