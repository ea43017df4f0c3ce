"""What tests of the command share."""

import pandas as pd

# Before version 3.1 pandas reads numbers to the last bit only if told to; now it warns if told.
EXACT_NUMBERS = (
    {}
    if tuple(int(part) for part in pd.__version__.split(".")[:2]) >= (3, 1)
    else {"float_precision": "round_trip"}
)


def with_model(options):
    """Return options of the command, with a quick model where they name none."""
    return list(options) if "--model" in options else [*options, "--model", "damped"]
