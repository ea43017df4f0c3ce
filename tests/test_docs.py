"""The reference lists what is public, and nothing else."""

import re
from inspect import isclass, isfunction
from pathlib import Path

import tsrnn

API = Path(__file__).parents[1] / "docs" / "api.rst"
FETCHERS = ("tsrnn._competitions", "tsrnn._imdb")  # whose functions datasets passes on


def test_the_reference_lists_every_public_name():
    listed = set(re.findall(r"^   ([\w.]+)$", API.read_text(encoding="utf-8"), re.MULTILINE))
    modules = {"datasets", "exceptions", "metrics", "plotting", "priors"}
    public = set(tsrnn.__all__) - modules
    for module in modules:
        names = vars(getattr(tsrnn, module)).items()
        public |= {
            f"{module}.{name}"
            for name, value in names
            if (isclass(value) or isfunction(value))
            and value.__module__.startswith((f"tsrnn.{module}", *FETCHERS))
            and not name.startswith("_")
        }
    assert listed == public
