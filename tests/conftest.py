"""What has to be settled before the first import of numba or matplotlib."""

import hashlib
import os
import tempfile
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "tsrnn"


def _digest_of_sources():
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        digest.update(path.relative_to(PACKAGE).as_posix().encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


# Numba looks for a change only in the file of the kernel itself, so that after an edit of what the
# kernel calls the old machine code would be tested. A folder for each state of the sources cannot
# be stale, and makes a second run of the tests fast. Subprocesses inherit both variables.
os.environ["NUMBA_CACHE_DIR"] = str(
    Path(tempfile.gettempdir()) / f"tsrnn-tests-numba-{_digest_of_sources()[:16]}"
)
os.environ["MPLBACKEND"] = "Agg"
