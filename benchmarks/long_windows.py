"""Pooled views of long windows, and outputs interpolated between few, in members' dense networks.

Run as `python benchmarks/long_windows.py --data-home FOLDER [--data m4-hourly] [--horizon 96]
[--hold 2] [--variants plain max knots]`. Both are ideas of N-HiTS [1]_. Networks of
`RNNForecaster(horizon=...)` are trained as its rule has them but for these, and forecast a horizon
held back from the TRAINING parts, the last or the one before it:

- plain: as they are.
- max, mean: the layers read the largest values, or the means, of stretches of a window as well.
- coarse: of values before the last horizon or season the layers read nothing else.
- knots: what the layers say of the steps is interpolated between every so many of them, four where
  the horizon has 24 or more, two else. These weights are products of fewer with a matrix that
  stays, so that a network has no more work for it; biases and linear paths are whole.

Printed are sMAPE, MASE and OWA against Naive2 of the median of the members, the mean OWA of the
members alone with the standard deviation of that mean, and the seconds of a processor.

References
----------
.. [1] Challu, C. et al., N-HiTS: neural hierarchical interpolation for time series forecasting,
   AAAI (2023).
"""

import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import argparse
import time
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Self

import numpy as np
from global_forecasts import held_back
from m_competitions import Part, Result, load, score

from tsrnn import DeseasonalizedForecaster, NaiveForecaster, PanelForecaster
from tsrnn._dense.architecture import DenseArchitecture
from tsrnn._dense.engine import DenseEngine
from tsrnn._input.ragged import Batch, offsets_of
from tsrnn._input.sequences import Sequences
from tsrnn._optim.network import NetworkLoss
from tsrnn.cells.smoother_cell import Parameter
from tsrnn.windows.members import MemberSpec
from tsrnn.windows.model import WindowState, fit_members
from tsrnn.windows.rule import Rule, Wishes
from tsrnn.windows.together import MembersSpec

# Values of a stretch, by the period of the series.
STRETCHES = {1: (4, 13), 4: (2, 4), 12: (3, 12), 24: (4, 24)}

POOLS = {"max": np.max, "mean": np.mean}


@dataclass(frozen=True)
class View:
    """What is changed of a network.

    Attributes
    ----------
    stretches : tuple of int
        Lengths of those that are pooled, which end with the window.
    pool : {"max", "mean"}
    n_fine : int or None
        The last values that layers read one by one; None for all.
    n_knots : int or None
        Steps that layers speak of; None for all.
    """

    stretches: tuple[int, ...] = ()
    pool: str = "max"
    n_fine: int | None = None
    n_knots: int | None = None

    def of(self, windows: np.ndarray) -> np.ndarray:
        """Return windows (n, T) with their pooled views after them."""
        parts = [windows]
        for k in self.stretches:
            n, T = windows.shape
            whole = windows[:, T % k :].reshape(n, T // k, k)
            parts.append(POOLS[self.pool](whole, axis=2))
        return np.concatenate(parts, axis=1)

    def width(self, window: int) -> int:
        """Return how many numbers `of` returns."""
        return window + sum(window // k for k in self.stretches)


def interpolation(n_steps: int, n_knots: int) -> np.ndarray:
    """Return the matrix (n_steps, n_knots) of lines between values of evenly spaced steps."""
    knots = np.linspace(0, n_steps - 1, n_knots)
    return np.array([np.interp(np.arange(n_steps), knots, one) for one in np.eye(n_knots)]).T


@dataclass(frozen=True)
class FewOutputs(DenseArchitecture):
    """A network of which the layers have fewer outputs than it has."""

    n_from_layers: int = 0

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """All weights; W_yh has a row for each output of the layers."""
        return tuple(
            replace(one, shape=(self.n_from_layers, one.shape[1])) if one.name == "W_yh" else one
            for one in super().parameters
        )


class ViewingEngine:
    """A `DenseEngine` of windows with their views, given the weights that are learned."""

    def __init__(self, spec: "ViewingMember") -> None:
        self._view, self._window = spec.view, spec.window
        self._learned, self._whole = spec.architecture(), spec.whole_architecture()
        self._engine = DenseEngine(self._whole, n_jobs=1)
        knots = spec.view.n_knots
        one = np.eye(spec.n_ahead) if knots is None else interpolation(spec.n_ahead, knots)
        self._matrix = np.kron(np.eye(3), one).astype(np.float32)

    def __enter__(self) -> Self:
        """Hold BLAS to one thread."""
        self._engine.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        """Let go."""
        self._engine.__exit__(*exception)

    def predict(self, theta: np.ndarray, sequences: Sequences) -> np.ndarray:
        """Return raw outputs, (n, m)."""
        return self._engine.predict(self._written_out(theta), self._viewed(sequences))

    def loss_and_gradient(
        self,
        theta: np.ndarray,
        sequences: Sequences,
        rows: np.ndarray,
        targets: np.ndarray,
        weights: np.ndarray,
        loss: NetworkLoss,
    ) -> tuple[float, np.ndarray]:
        """Return the loss and its gradient; see `DenseEngine.loss_and_gradient`."""
        value, gradient = self._engine.loss_and_gradient(
            self._written_out(theta), self._viewed(sequences), rows, targets, weights, loss
        )
        parts = self._whole.unpack(gradient)
        parts["W_yh"] = self._matrix.T @ parts["W_yh"]
        if self._view.n_fine is not None:
            first = "W_hx" + self._whole.suffixes[0]
            parts[first][:, : self._window - self._view.n_fine] = 0.0
        return value, self._learned.pack(parts, gradient.dtype)

    def _written_out(self, theta: np.ndarray) -> np.ndarray:
        weights = self._learned.unpack(theta)
        weights["W_yh"] = self._matrix @ weights["W_yh"]
        return self._whole.pack(weights, theta.dtype)

    def _viewed(self, sequences: Sequences) -> Sequences:
        n = sequences.n_sequences
        x = self._view.of(sequences.values.reshape(n, -1))
        return Sequences(x.reshape(-1, 1), np.arange(n + 1) * x.shape[1], True)


@dataclass(frozen=True)
class ViewingMember(MemberSpec):
    """A member with a view."""

    view: View = View()

    def whole_architecture(self) -> DenseArchitecture:
        """Return the shape of the network with all that is fixed written out."""
        shape = super().architecture()
        return replace(shape, n_steps=self.view.width(self.window))

    def architecture(self) -> DenseArchitecture:
        """Return the shape of what is learned."""
        whole = self.whole_architecture()
        return FewOutputs(
            **{field.name: getattr(whole, field.name) for field in fields(DenseArchitecture)},
            n_from_layers=3 * (self.view.n_knots or self.n_ahead),
        )

    def engine(self) -> ViewingEngine:
        """Return what runs it."""
        return ViewingEngine(self)

    def initial(self) -> np.ndarray:
        """Draw weights to begin from; those of values that are not read are 0."""
        shape, theta = self.architecture(), super().initial()
        if self.view.n_fine is not None:
            weights = shape.unpack(theta)
            weights["W_hx" + shape.suffixes[0]][:, : self.window - self.view.n_fine] = 0.0
        return theta

    def _repetition(self) -> np.ndarray:
        path = super()._repetition()
        return np.pad(path, ((0, 0), (0, self.view.width(self.window) - self.window)))


def view_of(variant: str, spec: MemberSpec) -> View:
    """Return what a variant changes of a member."""
    m, H = spec.reading.period, spec.n_ahead
    pooled = View(tuple(k for k in STRETCHES[m] if k <= spec.window // 2))
    return {
        "plain": View(),
        "max": pooled,
        "mean": replace(pooled, pool="mean"),
        "coarse": replace(pooled, n_fine=min(max(H, m), spec.window)),
        "knots": View(n_knots=max(H // (4 if H >= 24 else 2), 2)),
    }[variant]


@dataclass(frozen=True)
class VariedRule(Rule):
    """The rule, with all members of one variant, trained on so many samples if that is said."""

    variant: str
    n_samples: int | None

    def choose(self, batch: Batch, kinds: np.ndarray) -> MembersSpec:
        """Return the members for series."""
        spec = super().choose(batch, kinds)
        members = [
            replace(one, n_looked_at=self.n_samples or one.n_looked_at)
            for one in spec.members
            if one.kind == "dense"
        ]
        if self.variant != "plain":
            members = [
                ViewingMember(
                    **{field.name: getattr(one, field.name) for field in fields(MemberSpec)},
                    view=view_of(self.variant, one),
                )
                for one in members
            ]
        return replace(spec, members=tuple(members))


def owa(part: Part, forecast: np.ndarray, naive: Result) -> tuple[float, float, float]:
    """Return sMAPE, MASE and OWA of forecasts."""
    found = score(part, forecast, {})
    smape, mase = found.smape.mean(), found.mase.mean()
    return smape, mase, 0.5 * (smape / naive.smape.mean() + mase / naive.mase.mean())


def alone(state: WindowState, horizon: int) -> list[np.ndarray]:
    """Return the forecasts of each member."""
    network = state.network
    return [
        replace(state, network=replace(network, members=(one,))).forecast(horizon)
        for one in network.members
    ]


def run(name: str, options: argparse.Namespace) -> None:
    """Print the scores of the variants on a part."""
    part = load(name, options.data_home, options.series)
    if options.horizon:
        part = replace(part, test=np.zeros((len(part.ids), options.horizon)))
    part = held_back(part, options.hold)
    h, m = part.horizon, part.period
    naive = DeseasonalizedForecaster(NaiveForecaster(), period=m)
    naive = PanelForecaster(naive, alias="f", freq=1).fit(part.frame)
    naive = score(part, part.rows_of(naive.predict(h), "f"), {})
    lengths = part.frame.groupby("unique_id", sort=False).size().to_numpy()
    values = part.frame["y"].to_numpy()
    batch = Batch(values, offsets_of(lengths), np.empty((values.size, 0)))
    for variant in options.variants:
        wishes = Wishes(options.window, options.members, None, None, options.seed)
        began = time.process_time()
        rule = VariedRule(m, h, wishes, 1, variant, options.samples)
        state = fit_members(rule, batch)[0]
        forecast = state.forecast(h)
        seconds = time.process_time() - began
        smape, mase, of_all = owa(part, forecast, naive)
        singles = [owa(part, one, naive)[2] for one in alone(state, h)]
        print(  # noqa: T201
            f"{name}, h = {h}, held back {options.hold}, {variant:7s} sMAPE {smape:7.3f}  "
            f"MASE {mase:6.3f}  OWA {of_all:.4f}  alone {np.mean(singles):.4f} "
            f"+- {np.std(singles) / np.sqrt(len(singles)):.4f}  {seconds:6.1f} s",
            flush=True,
        )


def read_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data-home")
    parser.add_argument("--data", nargs="+", default=["m4-weekly", "m4-hourly"])
    parser.add_argument("--series", type=int, help="an even choice of so many series of each part")
    parser.add_argument("--hold", type=int, default=1, choices=(1, 2))
    parser.add_argument("--horizon", type=int, help="another than the competition's")
    parser.add_argument("--window", type=int, help="another than the rule's")
    parser.add_argument("--members", type=int, help="another number than the rule's")
    parser.add_argument("--samples", type=int, help="looked at by a member")
    parser.add_argument(
        "--variants", nargs="+", default=["plain", "max", "mean", "coarse", "knots"]
    )
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    options = read_options()
    for name in options.data:
        run(name, options)
