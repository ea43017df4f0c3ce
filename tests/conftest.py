"""What has to be settled before the first import of numba or matplotlib."""

import os

from paths import ROOT

# Compiled code is kept apart from what the user of this machine has, and served to the next run:
# what it depends on is in the names of its files, so that none can be stale. Subprocesses inherit
# both variables.
os.environ.setdefault("TSRNN_CACHE_DIR", str(ROOT / ".pytest_cache" / "compiled"))
os.environ["MPLBACKEND"] = "Agg"


def pytest_sessionstart():
    """Have the processes of a run that is divided compile a part each, and nothing twice."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker:
        from tsrnn._compute.shipping import every_kernel

        first, step = int(worker.removeprefix("gw")), int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
        for kernel in every_kernel()[first::step]:
            kernel.load()
