"""Is the learned optimum the global one? Our SSE beside that of a search that spares no time.

Run as `python benchmarks/smoothing_optimality.py M3.npz 400` on the M3 competition's series (arrays
`train_values` and `train_offsets`), a seeded choice of so many of them. The reference evaluates a
grid of 43 x 43 (x 8 for phi) smoothing parameters with the initial state solved for, and polishes
seven of its points by L-BFGS-B.
"""

import argparse

import numpy as np
import scipy.optimize

from tsrnn import DoubleExpSmoothingRNN
from tsrnn._input.ragged import Batch
from tsrnn._input.scaling import Scaling
from tsrnn.cells import HOLT
from tsrnn.smoothing.search.profile import ProfiledSSE, profile

AXIS = np.r_[0.0, np.geomspace(1e-4, 0.1, 18), np.linspace(0.12, 1.0, 24)]
BOUNDS = [(0.0, 1.0), (0.0, 1.0), (0.8, 0.995)]


def reference_sse(z: np.ndarray, damped: bool) -> float:
    """Return the lowest SSE that the search finds, in scaled units."""
    phi = np.linspace(*BOUNDS[2], 8) if damped else [1.0]
    grid = np.stack([points.ravel() for points in np.meshgrid(AXIS, AXIS, phi, indexing="ij")])
    sse, _ = profile(HOLT, grid, z[None], None)
    profiled, free = ProfiledSSE(HOLT, z[None], None), [0, 1, 2] if damped else [0, 1]
    best = sse.min()
    for i in np.argsort(sse)[[0, 1, 2, 5, 10, 20, 40]]:
        start = grid[:, [i]]

        def objective(values, start=start, unit=sse[i]):
            theta = start.copy()
            theta[free, 0] = values
            value, gradient = profiled(theta)
            return value / unit, gradient[free, 0] / unit

        result = scipy.optimize.minimize(
            objective,
            start[free, 0],
            jac=True,
            bounds=[BOUNDS[k] for k in free],
            method="L-BFGS-B",
            options={"ftol": 1e-14, "gtol": 1e-9},
        )
        best = min(best, result.fun * sse[i])
    return best


def main() -> None:
    """Print how many series end above the reference, and by how much."""
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("n_series", type=int)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    data = dict(np.load(options.file, allow_pickle=False))
    offsets = data["train_offsets"]
    chosen = np.random.default_rng(options.seed).choice(
        len(offsets) - 1, options.n_series, replace=False
    )
    for damped in (False, True):
        ratios = []
        for i in chosen:
            y = data["train_values"][offsets[i] : offsets[i + 1]]
            scaling = Scaling.of(Batch.of_columns(y[:, None], np.empty((y.size, 0))))
            unit = scaling.unscale_difference(np.ones(1))[0]
            ours = DoubleExpSmoothingRNN(damped=damped).fit(y).sse_ / unit**2
            ratios.append(ours / reference_sse(scaling.scale(y), damped))
        above = [ratio - 1.0 for ratio in ratios if ratio > 1.0 + 1e-6]
        print(
            f"{'damped' if damped else 'Holt':<7} above the reference by more than 1e-6: "
            f"{len(above)} of {len(ratios)}; worst {max(above, default=0.0):.1e}; "
            f"below it: {sum(ratio < 1.0 - 1e-6 for ratio in ratios)}"
        )


if __name__ == "__main__":
    main()
