"""Machine code in memory: where it comes from, and how it gets there.

The code of one kernel is an object file of one entry. It is taken from the package or the cache if
one of them has it (see `tsrnn._compute.code_cache`), and made by numba else, and LLVM's linker puts
it in memory.
"""

from __future__ import annotations

import functools
import importlib.metadata
import logging
import os
import platform
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tsrnn._compute import code_cache, entry
from tsrnn._compute.declare import Source
from tsrnn._compute.processor import llvm, processor, settings, shipped_level
from tsrnn._version import __version__

_logger = logging.getLogger(__name__)

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


def object_file(code: Source) -> bytes:
    """Return the machine code of a kernel or step, compiling it if nobody has."""
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


def has_code(code: Source) -> bool:
    """Whether the package or the cache has the code of a kernel or step."""
    try:
        entries = _entries_of(code)
    except code_cache.UnknownSources:
        return False
    return any(code_cache.read(*one) is not None for one in entries)


def _entries_of(code: Source) -> list[tuple[str, Path | None]]:
    """Return what entries may hold the code, with the folders they are in, the user's last."""
    level = shipped_level()
    shipped = [] if level is None else [(name_of_shipped(code, level), code_cache.SHIPPED)]
    return [*shipped, (_name(code, ("for", processor()), ("by", *_compiler())), None)]


def name_of_shipped(code: Source, level: str) -> str:
    """Return what the entry of a level is called."""
    return _name(code, ("level", level))


def _name(code: Source, *facts: object) -> str:
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
    return importlib.metadata.version("numba"), importlib.metadata.version("llvmlite"), settings()


def _compiled(code: Source) -> bytes:
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
_linkers: list[Any] = []


def _load(content: bytes) -> Any:
    """Put an object file in memory, by a linker of its own: all call their entries the same."""
    _tell_linkers_of_python()
    machine = llvm().Target.from_default_triple().create_target_machine(jit=True)
    linker = llvm().create_mcjit_compiler(llvm().parse_assembly(""), machine)
    linker.add_object_file(llvm().ObjectFileRef.from_data(content))
    linker.finalize_object()
    _linkers.append(linker)
    return linker


@functools.cache
def _tell_linkers_of_python() -> None:
    for name, address in entry.addresses_of_python().items():
        llvm().add_symbol(name, address)


def address_of(step: Source) -> int:
    """Load the code of a step, compiling it if nobody has, and return its address."""
    return _load(object_file(step)).get_function_address(entry.ENTRY)


def function_of(kernel: Source) -> Callable:
    """Load the code of a kernel, compiling it if nobody has, and return what Python calls."""
    linker = _load(object_file(kernel))
    return entry.python_function(
        kernel.function.__name__,
        linker.get_function_address(entry.ENTRY),
        linker.get_global_value_address(entry.KNOWN),
    )
