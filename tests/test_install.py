"""Installing as the README says: a copy, run, then the checkout over it, then nothing."""

import os
import shutil
import subprocess
import sys
import venv
from importlib.util import find_spec
from pathlib import Path

import pytest
from paths import ROOT

import tsrnn

SHIPPED = ["tsrnn", "build_support", "pyproject.toml", "README.md", "LICENSE"]
FIT = """
import tsrnn
# Whose kernels are few, and the smallest there are.
model = tsrnn.CrostonForecaster(alpha=0.1).fit([3.0, 0.0, 4.0, 0.0, 0.0, 9.0, 0.0, 6.0])
assert 1.0 < model.predict(1)[0] < 9.0
print(tsrnn.__file__)
"""


class Environment:
    """A virtual environment that has what this one has, but tsrnn, and a copy of the checkout."""

    def __init__(self, folder):
        self.checkout, self.elsewhere = folder / "checkout", folder / "elsewhere"
        self.elsewhere.mkdir()
        copy_what_is_shipped(self.checkout)
        venv.create(folder / "venv", symlinks=os.name != "nt")
        scripts = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
        self.python, self.command = scripts / "python", scripts / "tsrnn"
        (self.site_packages,) = (folder / "venv").rglob("site-packages")
        link_dependencies(folder / "dependencies")
        (self.site_packages / "dependencies.pth").write_text(f"{folder / 'dependencies'}\n")
        self.variables = {
            name: value
            for name, value in os.environ.items()
            if name not in ("PYTHONPATH", "NUMBA_CACHE_DIR")
        } | {
            "TSRNN_CACHE_DIR": str(folder / "cache"),
            "TSRNN_BUILD_LEVELS": "",  # of Python alone: compiling is tested elsewhere
        }

    def run(self, *command, check=True):
        """Run a command from an empty folder, so that nothing is imported from where it runs."""
        done = subprocess.run(
            command, cwd=self.elsewhere, env=self.variables, capture_output=True, text=True
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def pip(self, *arguments):
        self.run(self.python, "-m", "pip", "--disable-pip-version-check", *arguments)

    def install(self, *what):
        self.pip("install", "-q", "--no-index", "--no-deps", "--no-build-isolation", *what)

    def package_in_use(self, code="import tsrnn; print(tsrnn.__file__)"):
        """The folder of the package whose command works, and which the code prints."""
        assert self.run(self.command, "--version").stdout.split() == ["tsrnn", tsrnn.__version__]
        return Path(self.run(self.python, "-c", code).stdout.strip()).parent


def copy_what_is_shipped(folder):
    """Copy what a clone has of the package: nothing that was compiled or built here."""
    folder.mkdir()
    unwanted = shutil.ignore_patterns("__pycache__", "*.nbi", "*.nbc", "*.code")
    for name in SHIPPED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=unwanted)
        else:
            shutil.copy(ROOT / name, folder / name)


def link_dependencies(folder):
    """Link all that is installed beside tsrnn."""
    folder.mkdir()
    installed = [Path(entry) for entry in sys.path if Path(entry).name.endswith("-packages")]
    for path in (path for entry in installed if entry.is_dir() for path in entry.iterdir()):
        link = folder / path.name
        if "tsrnn" not in path.name and path.suffix != ".pth" and not link.exists():
            link.symlink_to(path, target_is_directory=path.is_dir())


def files_of(package):
    return {path.relative_to(package) for path in package.rglob("*") if path.is_file()}


def test_a_copy_is_replaced_by_the_checkout_and_nothing_is_left_when_that_goes(tmp_path):
    """The README's two commands, one after the other, and the way back."""
    if not all(find_spec(name) for name in ("pip", "setuptools")):
        pytest.skip("pip or setuptools is not there")
    environment = Environment(tmp_path)

    environment.install(environment.checkout)
    installed = environment.site_packages / "tsrnn"
    before = files_of(installed)
    assert environment.package_in_use(FIT) == installed
    # What a run leaves beside the code would stay when pip removes the code, and hide the checkout.
    added = {path for path in files_of(installed) - before if path.suffix != ".pyc"}
    assert added == set()
    shipped = files_of(environment.checkout / "tsrnn")
    assert {path for path in before if path.suffix != ".pyc"} == shipped

    environment.install("-e", environment.checkout)
    assert environment.package_in_use() == environment.checkout / "tsrnn"

    environment.pip("uninstall", "-q", "-y", "tsrnn")
    gone = environment.run(environment.python, "-c", "import tsrnn", check=False)
    assert "ModuleNotFoundError: No module named 'tsrnn'" in gone.stderr
