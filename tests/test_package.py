"""The package as a whole: what importing it costs, its version, its examples."""

import doctest
import importlib
import subprocess
import sys
import tomllib

import matplotlib.pyplot as plt
import pytest
from paths import PACKAGE, ROOT

import tsrnn

SOURCES = sorted(PACKAGE.rglob("*.py"))


def dotted_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {dotted_name(path): path for path in SOURCES}


def run_python(code):
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_importing_the_package_loads_no_heavy_library():
    code = "import sys, tsrnn; print(*{name.split('.')[0] for name in sys.modules})"
    loaded = set(run_python(code).split())
    assert "tsrnn" in loaded
    assert not loaded & {"matplotlib", "statsmodels", "numba", "llvmlite"}


def test_the_version_is_that_of_the_package_metadata():
    metadata = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert tsrnn.__version__ == metadata["project"]["version"]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_docstrings_print_what_they_say(name):
    results = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    plt.close("all")  # the examples of displays leave their pictures open, as a user would
    assert results.failed == 0
