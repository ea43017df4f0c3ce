"""Fixtures that tests of the command share."""

import pandas as pd
import pytest
from csv_files import VALUES, dated, read_back, with_model, write

from tsrnn.cli import main


@pytest.fixture
def monthly(tmp_path):
    """A file of twelve months, and the same as a series."""
    dates = pd.date_range("1949-01", periods=12, freq="MS", name="date")
    path = write(tmp_path / "sales.csv", dated(dates.strftime("%Y-%m")))
    return path, pd.Series(VALUES, index=dates, name="value")


@pytest.fixture
def forecast(tmp_path):
    """Run the command on lines of a file, or on a path: the table it writes."""

    def run(lines, *options):
        path = lines if isinstance(lines, str) else write(tmp_path / "in.csv", lines)
        output = tmp_path / "out.csv"
        arguments = ["--horizon", "3", "--output", str(output), *with_model(options)]
        assert main(["forecast", path, *arguments]) == 0
        return read_back(output)

    return run
