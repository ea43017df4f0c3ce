"""Run all code of docs/coming_from.md, that of other libraries too, in a folder of its own.

They have to be installed beside this package: statsforecast, utilsforecast, sktime.
"""

import os
import re
import tempfile
from pathlib import Path

PAGE = Path(__file__).parents[1] / "coming_from.md"


DATA = ("pd", "co2", "sea", "df", "y")  # what the snippets of other libraries take from ours


def main() -> None:
    """Run the page from top to bottom: the blocks "python" are ours, the blocks "py" theirs."""
    text = PAGE.read_text(encoding="utf-8")
    ours, theirs = {"__name__": "ours"}, {"__name__": "theirs"}
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for found in re.finditer(r"^```(py(?:thon)?)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
            code = "\n" * text.count("\n", 0, found.start(2)) + found[2]
            names = ours if found[1] == "python" else theirs
            theirs |= {name: ours[name] for name in DATA if name in ours}
            exec(compile(code, str(PAGE), "exec"), names)  # noqa: S102
        os.chdir("/")


if __name__ == "__main__":
    main()
