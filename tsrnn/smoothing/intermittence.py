"""Series that are zero most of the time, for which smoothers of levels and trends are not made."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tsrnn._input.ragged import Batch
from tsrnn._input.wording import Message, Phrase, Rows

FOR_DEMAND = Phrase("CrostonForecaster")
"""The forecaster of such series."""

# Of the rows of a series that are zero where it is told that there is a method for it. By theory
# that method is better from 24 percent on, an average interval of 1.32 between demands, but so few
# zeros are also in seasonal series, and in what is counted in small numbers.
_MOST = 0.5

# Of fewer rows a share tells nothing.
_FEWEST = 8


def intermittence_notes(batch: Batch, name: Callable[[int], str]) -> dict[int, Warning]:
    """Point out a method to series that are mostly zero, never below, and not zero altogether."""
    seen = ~np.isnan(batch.values)
    n_seen = batch.sums(seen)
    n_zeros = batch.sums(batch.values == 0.0)
    n_negative = batch.sums(np.where(seen, batch.values, 0.0) < 0.0)
    mostly = (n_zeros > _MOST * n_seen) & (n_zeros < n_seen) & (n_negative == 0)
    found = np.flatnonzero(mostly & (n_seen >= _FEWEST)).tolist()
    return {
        i: UserWarning(
            Message(
                "{name} is 0 in {share:.0f} percent of its {rows} and never below: for such demand "
                "there is {forecaster}, whose intervals are not below 0 either",
                name=name(i),
                share=100.0 * n_zeros[i] / n_seen[i],
                rows=Rows(),
                forecaster=FOR_DEMAND,
            )
        )
        for i in found
    }


def borne_out(
    notes: Sequence[Warning], batch: Batch, name: Callable[[int], str]
) -> tuple[Warning, ...]:
    """Return notes on series made of those given, without what zeros of these do not bear out.

    `name` says what series are called in the notes.
    """
    kinds = [
        any(isinstance(text, Message) and _is_of_zeros(text) for text in one.args) for one in notes
    ]
    if not any(kinds):
        return tuple(notes)
    own = [str(one) for one in intermittence_notes(batch, name).values()]
    return tuple(
        note
        for note, is_of_zeros in zip(notes, kinds, strict=True)
        if not is_of_zeros or any(text in str(note) for text in own)
    )


def _is_of_zeros(text: Message) -> bool:
    parts = text.fields.values()
    return any(one == FOR_DEMAND or isinstance(one, Message) and _is_of_zeros(one) for one in parts)
