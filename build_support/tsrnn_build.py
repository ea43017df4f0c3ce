"""Builds the package: a wheel brings machine code of all kernels, an editable install does not.

Compiling needs what the package itself needs, so a wheel is built where that is; an editable
install compiles what is used, when it is.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from setuptools import build_meta
from setuptools.build_meta import *  # noqa: F403 - all other hooks are setuptools' own
from setuptools.command.bdist_wheel import bdist_wheel as _bdist_wheel
from setuptools.command.build_py import build_py as _build_py

ROOT = Path(__file__).parents[1]


def get_requires_for_build_wheel(config_settings=None):
    """Name what compiling needs: what the package does."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [*build_meta.get_requires_for_build_wheel(config_settings), *project["dependencies"]]


def wanted_levels():
    """Return the processor levels to compile for: TSRNN_BUILD_LEVELS names some, or none."""
    given = os.environ.get("TSRNN_BUILD_LEVELS")
    if given is not None:
        return given.split()
    # The file alone: what the package needs is not there to build metadata, or an editable install.
    place = ROOT / "tsrnn" / "_compute" / "processor.py"
    spec = importlib.util.spec_from_file_location("processor", place)
    processor = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(processor)
    return list(processor.LEVELS)


def _checkout(**settings):
    """Return the options by which a process has the package as it is in the checkout."""
    paths = os.pathsep.join([str(ROOT), *sys.path])
    own = {"PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1", **settings}
    ours = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")}
    return {"env": ours | own, "cwd": ROOT}


def compile_all(folder):
    """Compile all kernels into a folder, all levels at once.

    Where there are processors enough, two processes share the kernels of a level. Code is taken
    from a cache, and kept there, only where TSRNN_CACHE_DIR names one.
    """
    levels = wanted_levels()
    shares = 2 if 2 * len(levels) <= (os.cpu_count() or 1) else 1
    command = [sys.executable, "-m", "tsrnn._compute.shipping"]
    with tempfile.TemporaryDirectory() as unkept:
        cache = os.environ.get("TSRNN_CACHE_DIR") or unkept
        running = {
            (level, share): subprocess.Popen(
                [*command, level, str(folder), str(share), str(shares)],
                **_checkout(NUMBA_CPU_NAME=level, NUMBA_CPU_FEATURES="", TSRNN_CACHE_DIR=cache),
            )
            for level in levels
            for share in range(shares)
        }
        try:
            failed = sorted({level for (level, _), one in running.items() if one.wait()})
        finally:
            for process in running.values():
                process.kill()
    if failed:
        raise RuntimeError(f"kernels cannot be compiled for {failed}; see above")


class build_py(_build_py):  # noqa: N801 - as setuptools names it
    """Adds machine code to the modules that go into a wheel."""

    def run(self):
        """Copy the modules, then compile their kernels beside them, for every level."""
        super().run()
        if self.editable_mode:
            return
        self.announce("compiling all kernels", level=2)
        folder = Path(self.build_lib, "tsrnn", "_compute", "shipped").resolve()
        shutil.rmtree(folder, ignore_errors=True)  # of an earlier build
        compile_all(folder)


class bdist_wheel(_bdist_wheel):  # noqa: N801 - as setuptools names it
    """Names the platform, but no version of Python: machine code asks for none."""

    def finalize_options(self):
        """Say that there is machine code in it, unless there is none."""
        super().finalize_options()
        self.root_is_pure = not wanted_levels()

    def get_tag(self):
        """Return tags of Python, its interface and the platform."""
        tag = super().get_tag()
        return tag if self.root_is_pure else ("py3", "none", tag[2])
