"""The arguments of smoothing forecasters: checked, and turned into a specification."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Literal, Protocol, get_args

import numpy as np

from tsrnn._input.numbers import AnyFloat
from tsrnn._input.validation import check_choice, check_count, check_flag, check_number
from tsrnn.exceptions import InvalidParameterError
from tsrnn.priors import PRIORS, ExponentialPrior
from tsrnn.smoothing.search.task import Settings
from tsrnn.smoothing.spec import FitSpec, bounds_of
from tsrnn.smoothing.structure import Structure

Error = Literal["add", "mul"]
Loss = Literal["likelihood", "absolute_error", "huber"]
InitialState = Literal["learned", "heuristic"]
# Those of scipy.optimize are the keys of `tsrnn._optim.scipy_minimize.SOLVERS`.
Solver = Literal[
    "auto",
    "gauss-newton",
    "L-BFGS-B",
    "TNC",
    "SLSQP",
    "trust-constr",
    "Nelder-Mead",
    "Powell",
    "COBYQA",
]


class Searching(Protocol):
    """The constructor arguments that all smoothers have: what is searched for, and how."""

    prior: Any
    loss: str
    huber_delta: float
    solver: str
    max_iter: int
    tol: float


class Smoother(Searching, Protocol):
    """The constructor arguments that all smoothers of one structure have."""

    alpha: float | None
    error: str
    initial_state: Any


def check_search(forecaster: Searching) -> None:
    """Check what all smoothers take."""
    penalty_rates(forecaster.prior)
    check_choice("solver", forecaster.solver, get_args(Solver))
    check_count("max_iter", forecaster.max_iter)
    # Relative: beyond 1 nothing would be searched for.
    check_number("tol", forecaster.tol, 0.0, 1.0, include_lower=False)


def check_loss(forecaster: Smoother) -> None:
    """Check what all smoothers of one structure take besides."""
    if forecaster.alpha is not None:
        check_number("alpha", forecaster.alpha, 0.0, 1.0)
    check_choice("error", forecaster.error, get_args(Error))
    check_choice("loss", forecaster.loss, get_args(Loss))
    check_number("huber_delta", forecaster.huber_delta, 0.0, np.inf, include_lower=False)
    if forecaster.loss == "likelihood":
        return
    if forecaster.error == "mul":
        raise InvalidParameterError(
            f"loss={forecaster.loss!r} is of additive errors: set error='add', or loss='likelihood'"
        )
    if forecaster.solver == "gauss-newton":
        raise InvalidParameterError(
            f"solver='gauss-newton' minimises the likelihood, not loss={forecaster.loss!r}: set "
            "solver='auto'"
        )


def check_trend(beta: AnyFloat | None, phi: AnyFloat | None, damped: Any) -> None:
    """Check what smoothers with a trend take."""
    if beta is not None:
        check_number("beta", beta, 0.0, 1.0)
    damped = check_flag("damped", damped)
    if phi is not None:
        check_number("phi", phi, 0.0, 1.0, include_lower=False)
        if not damped:
            raise InvalidParameterError("phi is given, but damped=False: set damped=True")


def settings_of(forecaster: Searching) -> Settings:
    """Return how to fit."""
    return Settings(
        forecaster.loss,
        float(forecaster.huber_delta),
        forecaster.solver,
        int(forecaster.max_iter),
        float(forecaster.tol),
    )


def spec_of(forecaster: Smoother, structure: Structure, n_series: int) -> FitSpec:
    """Return what a forecaster fits to so many series."""
    names = [parameter.name for parameter in structure.cell.parameters]
    return FitSpec(
        structure,
        bounds_of(structure, **{name: getattr(forecaster, name, None) for name in names}),
        initial_state_of(forecaster.initial_state, structure, n_series),
        penalty_rates(forecaster.prior),
        settings_of(forecaster),
    )


def initial_state_of(given: Any, structure: Structure, n_series: int) -> str | np.ndarray:
    """Check `initial_state`: one of two words, or numbers (n_series, n_state)."""
    size = len(structure.state_names)
    if isinstance(given, str):
        check_choice("initial_state", given, get_args(InitialState))
        return given
    names = ", ".join(structure.state_names)
    accepted = (
        f"initial_state must be 'learned', 'heuristic' or ({names}) before the first value"
        f"{', one row a series,' if n_series > 1 else ''} as finite numbers, got {given!r}"
    )
    try:
        # By way of what numpy makes of them: words that read as numbers are words.
        states = np.asarray(given)
        states = states.astype(float) if states.dtype.kind in "biufO" else np.empty(0)
    except (TypeError, ValueError) as error:
        raise InvalidParameterError(accepted) from error
    if states.ndim == 0 and size == 1 and not isinstance(given, bool | np.bool_):
        states = states.reshape(1)  # a plain number, where there is one
    if states.shape not in {(size,), (n_series, size)} or not np.isfinite(states).all():
        raise InvalidParameterError(accepted)
    return np.broadcast_to(states, (n_series, size))


def penalty_rates(prior: str | ExponentialPrior | None) -> Mapping[str, float]:
    """Return by parameter what a unit of it adds to minus twice the log-likelihood.

    Raises
    ------
    InvalidParameterError
        For what is no prior.
    """
    if prior is None:
        return {}
    if isinstance(prior, str) and prior in PRIORS:
        prior = PRIORS[prior]
    if not isinstance(prior, ExponentialPrior):
        raise InvalidParameterError(
            f"prior must be None, one of {sorted(PRIORS)} or an ExponentialPrior, got {prior!r}"
        )
    rates = asdict(prior)
    for name, rate in rates.items():
        check_number(f"the prior's rate of {name}", rate, -1e3, 1e3)
    return {name: 2.0 * rate for name, rate in rates.items()}
