"""What has to be settled before the first import of numba or matplotlib."""

import os

from paths import ROOT

# Compiled code is kept apart from what the user of this machine has, and served to the next run:
# what it depends on is in the names of its files, so that none can be stale. Subprocesses inherit
# both variables.
os.environ.setdefault("TSRNN_CACHE_DIR", str(ROOT / ".pytest_cache" / "compiled"))
os.environ["MPLBACKEND"] = "Agg"
