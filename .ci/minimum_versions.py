"""Print the lowest versions that pyproject.toml admits, as constraints for pip.

Of the tests' own tools, too: a new one may warn of what an old library does.
"""

import tomllib
from pathlib import Path

from packaging.requirements import Requirement

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"

project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
for text in project["dependencies"] + project["optional-dependencies"]["test"]:
    requirement = Requirement(text)
    (lowest,) = (bound.version for bound in requirement.specifier if bound.operator == ">=")
    print(f"{requirement.name}=={lowest}")
