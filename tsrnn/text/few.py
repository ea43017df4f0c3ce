"""Settings that suit a number of texts: batches, epochs, dropout and first weights.

What 25,000 texts learn in four epochs, some hundred learn nothing from, and at many epochs learn by
heart. So steps are counted rather than epochs. And where texts are few, all words start alike, at
zero, and recurrent weights from the identity [1]_, so that states are at first a sum over the words
wherever they stand; and words are left out at random, so that no single one decides.

References
----------
.. [1] Le, Q. V., Jaitly, N., Hinton, G. E., A simple way to initialize recurrent networks of
   rectified linear units, arXiv:1504.00941 (2015).
"""

from __future__ import annotations

import math
from dataclasses import replace

from tsrnn._optim.watch import Plan

# Chosen, with the share of words left out, on texts held back from the training half of the film
# reviews and on made ones: see `benchmarks/few_texts.py`.
_LEAST_STEPS, _LEAST_EPOCHS = 600, 4
_SMALLEST_BATCH, _LARGEST_BATCH = 16, 128
_BATCHES = 16  # in an epoch, between these sizes
_FEW = 10_000
_LEFT_OUT = 0.5

# Iterations of a search: what sequence estimators have by default.
_ITERATIONS = 200


def are_few(n_texts: int) -> bool:
    """Tell whether a network learns so many texts by heart before it learns of words."""
    return n_texts < _FEW


def dropout_of(n_texts: int) -> float:
    """Return the share of distinct words that a step of training does without."""
    return _LEFT_OUT if are_few(n_texts) else 0.0


def batch_of(n_texts: int) -> int:
    """Return how many of so many texts a step of training reads."""
    return min(n_texts, max(_SMALLEST_BATCH, min(_LARGEST_BATCH, n_texts // _BATCHES)))


def with_epochs(plan: Plan, n_texts: int) -> Plan:
    """Return a plan with as many epochs of batches, or iterations of a search, as texts take.

    Patience is in quarters of them: so it counts steps where texts are few, as epochs do.
    """
    if plan.optimizer is None:
        return replace(plan, max_iter=_ITERATIONS)
    steps_an_epoch = math.ceil(n_texts / plan.batch_size)
    n_epochs = max(_LEAST_EPOCHS, math.ceil(_LEAST_STEPS / steps_an_epoch))
    patience = math.ceil(plan.n_iter_no_change * n_epochs / _LEAST_EPOCHS)
    return replace(plan, max_iter=n_epochs, n_iter_no_change=patience)
