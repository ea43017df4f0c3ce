"""Save models as `saved/` and `saved_tags/` hold them, by the version of tsrnn that is installed.

    python tests/golden/make_saved.py FOLDER [--all]

What is in `saved/` was saved by version 0.1.0 before loading checked what a file says against
itself; those that end in _updated had been updated. In `saved_tags/` are models of every kind, as
0.1.0 saved them when files got tags that stay whatever becomes of the names of classes; of parts
that it has got since, as soon as it had them.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "helpers"))

import forged_files
from golden_models import KEPT, RARE, UNFITTED, UPDATED, file_names, updated

import tsrnn

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    if "--all" in sys.argv:
        for name, file_name in file_names().items():
            tsrnn.save(forged_files.makers()[name](), folder / f"{file_name}.tsrnn")
        for file_name, make in (RARE | UNFITTED).items():
            tsrnn.save(make(), folder / f"{file_name}.tsrnn")
        sys.exit()
    for name, file_name in KEPT.items():
        tsrnn.save(forged_files.makers()[name](), folder / f"{file_name}.tsrnn")
    for name, file_name in UPDATED.items():
        tsrnn.save(updated(name), folder / f"{file_name}.tsrnn")
