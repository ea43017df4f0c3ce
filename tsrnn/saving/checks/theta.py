"""Rules for fitted theta methods: all that their kernels read."""

from __future__ import annotations

import numpy as np

from tsrnn._input.scaling import Scaling
from tsrnn.saving.checks import fields
from tsrnn.saving.checks.fields import INT, require
from tsrnn.saving.checks.models import check_notes
from tsrnn.theta.model import ThetaModel


def check_theta(one: ThetaModel) -> None:
    """Check the theta methods of columns or of a panel."""
    fields.flag(one.is_dynamic, "is_dynamic")
    n, cell = fields.numbers(one.sigma, "sigma", None, low=0.0).size, one.cell
    theta = fields.numbers(one.theta, "theta", cell.n_parameters, n, low=0.0)
    require((theta[0] > 0.0).all() and (theta < 1.0).all(), "theta must be shares")
    fields.array(one.state, "state", float, cell.n_state, n)
    for part, name in ((theta, "theta"), (one.state, "state")):
        require(part.flags.c_contiguous, f"{name} must be in the order of C")
    failed = fields.failures(one.failures, "failures", n)
    good = np.setdiff1d(np.arange(n), list(failed))
    require(np.isfinite(one.state[:, good]).all(), "state must be finite")
    size = fields.kind(one.scaling, "scaling", Scaling).exponent.size
    require(size == n, f"scaling must be of {n} series, not of {size}")
    covariances = fields.array(one.covariances, "covariances", float, n, cell.n_state, cell.n_state)
    require(np.isfinite(covariances[good]).all(), "covariances must be finite")
    require(covariances.flags.c_contiguous, "covariances must be in the order of C")
    n_seen = fields.array(one.n_seen, "n_seen", INT, n)
    require((n_seen >= 1).all(), "n_seen must be positive")
    n_missed = fields.array(one.n_missed, "n_missed", INT, n)
    require((n_missed >= 0).all(), "n_missed must not be negative")
    check_notes(one.notes, n)


CHECKS = {ThetaModel: check_theta}
