"""What has to be settled before the first import of numba or matplotlib."""

import os

from paths import ROOT

# Compiled code is kept apart from what the user of this machine has, and served to the next run:
# what it depends on is in the names of its files, so that none can be stale. Subprocesses inherit
# both variables.
os.environ.setdefault("TSRNN_CACHE_DIR", str(ROOT / ".pytest_cache" / "compiled"))
os.environ["MPLBACKEND"] = "Agg"

# The processes of a run that is divided have a processor each. Of two threads of linear algebra in
# each one would wait for a processor, and the other, busily, for it.
WORKER = os.environ.get("PYTEST_XDIST_WORKER")
if WORKER:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def pytest_sessionstart():
    """Have the processes of a run that is divided compile a part each, and next to nothing twice.

    Kernels take from a tenth of a second to several: who is done with a share goes on with those
    that another has come to last.
    """
    if WORKER:
        from tsrnn._compute.machine_code import has_code
        from tsrnn._compute.shipping import every_kernel

        first, step = int(WORKER.removeprefix("gw")), int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
        kernels = every_kernel()
        for kernel in kernels[first::step] + kernels[::-1]:
            if not has_code(kernel):
                kernel.load()
