"""Make tsrnn/data/co2_monthly.csv from the weekly CO2 series that statsmodels bundles.

Run from the root of the repository: ``python docs/scripts/make_co2.py``.
"""

from pathlib import Path

import pandas as pd
from statsmodels.datasets import co2
from statsmodels.tsa.seasonal import STL

TARGET = Path(__file__).parents[2] / "tsrnn" / "data" / "co2_monthly.csv"


def make_table() -> pd.DataFrame:
    """Return the columns co2 (NaN where no week was measured) and co2_adjusted by month."""
    weekly = co2.load_pandas().data["co2"]
    # 1958 lacks two months, starts in March and has months of a single week.
    monthly = weekly.resample("MS").mean().loc["1959":]
    filled = monthly.interpolate("linear")
    seasonal = STL(filled, period=12, robust=True).fit().seasonal
    table = pd.DataFrame({"co2": monthly, "co2_adjusted": filled - seasonal})
    return table.rename_axis("month").round(2)


if __name__ == "__main__":
    make_table().to_csv(TARGET, date_format="%Y-%m", float_format="%.2f")
    print(f"wrote {TARGET}")
