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


VALUES = [112.0, 118.0, 132.0, 129.0, 121.0, 135.0, 148.0, 148.0, 136.0, 119.0, 104.0, 118.0]


def write(path, lines):
    """Write lines to a path, and return its name."""
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def dated(dates, values=VALUES, header="date,value", separator=","):
    """The lines of a file of dates and values."""
    cells = zip(dates, values, strict=False)
    return [header, *(f"{date}{separator}{value}" for date, value in cells)]


def read_back(output):
    # A CSV holds the shortest decimals of a float; pandas needs telling to read that float back.
    return pd.read_csv(output, index_col=0, **EXACT_NUMBERS)
