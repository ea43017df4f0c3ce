"""Compiles all kernels ahead of their use: into a wheel that is built, or into the cache."""

from __future__ import annotations

import importlib
import logging
import pkgutil
import sys
from pathlib import Path

from tsrnn._compute import code_cache, machine_code
from tsrnn._compute.compile import Kernel, Step, declared
from tsrnn._compute.processor import processor

_PACKAGE = Path(__file__).parents[1]


def every_kernel() -> list[Kernel | Step]:
    """Return all kernels and steps of the package, whose modules are imported for that."""
    for module in pkgutil.walk_packages([str(_PACKAGE)], "tsrnn."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    kernels = [one for one in declared if isinstance(one, Kernel | Step)]
    return [one for one in kernels if one.function.__module__.startswith("tsrnn.")]


def load(one: Kernel | Step) -> bool:
    """Load the code of a kernel; whether it had to be compiled for that."""
    is_there = machine_code.has_code(one)
    one.load()
    return not is_there


def ship(level: str, folder: Path, first: int = 0, step: int = 1) -> None:
    """Compile kernels for a level, which numba's settings must name, into a folder.

    They are all there are, or one process's share of them: every so many from the first on. What
    the cache has is not compiled again, and what is compiled is kept there.
    """
    if processor() != (level, ""):
        raise ValueError(f"code would be for {processor()}, not for {level}")
    folder.mkdir(parents=True, exist_ok=True)
    for one in every_kernel()[first::step]:
        name = machine_code.name_of_shipped(one, level)
        code_cache.write(name, machine_code.object_file(one), folder)


if __name__ == "__main__":
    logging.getLogger("tsrnn").setLevel(logging.ERROR)  # that compiling takes long is known here
    ship(sys.argv[1], Path(sys.argv[2]), *map(int, sys.argv[3:]))
