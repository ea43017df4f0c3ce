"""Coefficients of holidays and promotions beside the truth and statsmodels, and what they gain.

    python benchmarks/regression.py [--parts recovery real peer] [--classic classic_series.json]

`recovery`: 500 simulated daily series, 100 of each of five kinds, with holidays, the days before
them and promotions of known effects: the share of effects that lie within two standard errors, 95.4
percent for normal estimates, and how large errors are in units of their standard errors.

`real`: errors of forecasts from five origins with features beside those without, as the ratio of
their MASE: the demand for electricity in Victoria, Australia, by days in 2012, which comes with
statsmodels' tests, with public holidays; and from a file of textbook series as fpp2 has them the
weekly gasoline supply of the United States, with holidays, and two monthly series of retail, the
use of debit cards in Iceland and the turnover of cafes in Australia, with Easter and business days.

`peer`: statsmodels' regression with ARIMA errors, which are (0, 1, 1) on simulated series and
(0, 1, 1)(0, 1, 1)7 on the electricity: coefficients, standard errors, forecasts, seconds.

Holidays of countries need the extra `holidays`.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from importlib.resources import files
from pathlib import Path

import holidays
import numpy as np
import pandas as pd
from statsmodels.tsa.statespace.sarimax import SARIMAX

from tsrnn import (
    AutoExpSmoothingRNN,
    PanelForecaster,
    RegressionForecaster,
    SimpleExpSmoothingRNN,
    ThetaForecaster,
    TransformedForecaster,
    TripleExpSmoothingRNN,
    backtest,
)
from tsrnn.features import CalendarFeatures, FourierFeatures, HolidayFeatures

N_EACH, N_ORIGINS = 100, 5
KINDS = ("level", "season", "trend", "fat tails", "gaps")
DATES = {"New Year": (1, 1), "May Day": (5, 1), "Assumption": (8, 15), "Unity": (10, 3)}
DAYS_OFF = {
    f"{year}-{month:02}-{day:02}": name
    for year in range(2021, 2025)
    for name, (month, day) in (DATES | {"Christmas": (12, 25)}).items()
}


def simulate(kind: str, seed: int, n: int = 730) -> tuple[pd.DataFrame, np.ndarray]:
    """Return series with promotions as a long frame, and the effects in each."""
    rng = np.random.default_rng(seed)
    days = pd.date_range("2021-01-01", periods=n)
    columns = HolidayFeatures(DAYS_OFF, before=1).fit_transform(days).to_numpy()
    frames, truth = [], []
    for i in range(N_EACH):
        alpha, sigma = rng.uniform(0.02, 0.6), rng.uniform(2.0, 8.0)
        errors = rng.normal(0.0, sigma, n)
        if kind == "fat tails":
            errors = sigma * rng.standard_t(5, n) / np.sqrt(5.0 / 3.0)
        y = 200.0 + errors + alpha * np.r_[0.0, np.cumsum(errors)[:-1]]
        if kind == "season":
            y += np.resize(rng.normal(0.0, 10.0, 7), n)
        if kind == "trend":
            y += rng.normal(0.0, 0.1) * np.arange(n)
        promo = np.repeat(rng.random(n // 7 + 1) < 0.15, 7)[:n].astype(float)
        effects = np.r_[rng.uniform(5.0, 30.0), rng.normal(0.0, 15.0, columns.shape[1])]
        y += np.column_stack([promo, columns]) @ effects
        if kind == "gaps":
            y[rng.random(n) < 0.1] = np.nan
        frames.append(pd.DataFrame({"unique_id": i, "ds": days, "y": y, "promo": promo}))
        truth.append(effects)
    return pd.concat(frames, ignore_index=True), np.array(truth)


def recovery() -> None:
    """Print how often two standard errors hold the truth."""
    features, every = HolidayFeatures(DAYS_OFF, before=1), []
    print("kind        within 2 se   promotions   sd of errors in se   seconds")
    for k, kind in enumerate(KINDS):
        frame, truth = simulate(kind, k)
        start = time.perf_counter()
        panel = PanelForecaster(RegressionForecaster(ThetaForecaster(), features)).fit(frame)
        seconds = time.perf_counter() - start
        found = panel.coef_
        off = (found["coef"] - truth.ravel()) / found["bse"]
        # With gaps a holiday may never be observed: its error is NaN, and a note says so.
        off = off.to_numpy().reshape(truth.shape)
        every.append(off[np.isfinite(off)])
        print(
            f"{kind:10}  {np.mean(np.abs(every[-1]) <= 2):11.1%}  "
            f"{np.mean(np.abs(off[:, 0]) <= 2):11.1%}  {every[-1].std():19.3f}  {seconds:8.1f}"
        )
    print(f"all         {np.mean(np.abs(np.concatenate(every)) <= 2):11.1%}")


def electricity() -> pd.Series:
    """Return the mean demand of each day, in megawatts."""
    file = files("statsmodels.tsa.stl.tests.results").joinpath("mstl_elec_vic.csv")
    with file.open() as lines:
        hours = pd.read_csv(lines, index_col="ds", parse_dates=True)["y"]
    return hours.resample("D").mean()


def days_of(
    country: str, names: tuple[str, ...], called: str, last_weekday: int = 6, **options: str
) -> HolidayFeatures:
    """Return features of some holidays that share a coefficient, up to a day of the week."""
    known = holidays.country_holidays(country, years=range(1980, 2020), **options)
    days = [day for day, name in known.items() if name.startswith(names)]
    return HolidayFeatures({str(day): called for day in days if day.weekday() <= last_weekday})


def mase_of_origins(model, y: pd.Series, horizon: int, period: int) -> np.ndarray:
    """Return the MASE from each origin."""
    frame = backtest(model, y, horizon=horizon, n_windows=N_ORIGINS)
    errors = (frame["y"] - frame["forecast"]).abs().groupby(frame["cutoff"]).mean()
    units = [y[:cutoff].diff(period).abs().mean() for cutoff in errors.index]
    return errors.to_numpy() / units


def compare(name: str, y: pd.Series, horizon: int, period: int, models: dict) -> None:
    """Print the MASE of models, the first of which the others are held against."""
    base = None
    for label, model in models.items():
        start = time.perf_counter()
        scores = mase_of_origins(model, y, horizon, period)
        base = scores if base is None else base
        print(
            f"{name:12} {label:42} MASE {scores.mean():.3f}  "
            f"ratio {scores.mean() / base.mean():.3f}"
            f"  by origin {np.round(scores / base, 2)}  {time.perf_counter() - start:.0f} s"
        )


def real(classic: Path | None) -> None:
    """Print what features gain on real series."""
    vic = days_of("AU", ("",), "public holiday", subdiv="VIC", language="en_US")
    working = days_of("AU", ("",), "public holiday", 4, subdiv="VIC", language="en_US")
    for inner in (AutoExpSmoothingRNN(), ThetaForecaster()):
        name = type(inner).__name__.removesuffix("RNN").removesuffix("Forecaster")
        models = {
            name: inner,
            f"{name} + holidays": RegressionForecaster(inner, vic),
            f"{name} + those on working days": RegressionForecaster(inner, working),
        }
        compare("electricity", electricity(), 14, 7, models)
    if classic is None:
        return
    series = json.loads(classic.read_text(encoding="utf-8"))
    weeks = pd.date_range("1991-02-08", periods=1355, freq="W-FRI")
    gasoline = pd.Series(series["gasoline"]["values"], weeks)
    usa, waves = HolidayFeatures("US", observed=False), FourierFeatures(365.25 / 7, 6)
    auto, plain = AutoExpSmoothingRNN(), AutoExpSmoothingRNN(period=1)
    models = {
        "smoothing": auto,
        "smoothing + holidays": RegressionForecaster(auto, usa),
    }
    compare("gasoline", gasoline, 13, 52, models)
    models = {
        "waves of a year": RegressionForecaster(plain, waves),
        "waves of a year + holidays": RegressionForecaster(plain, [waves, usa]),
    }
    compare("gasoline", gasoline, 13, 52, models)
    easter = ("Good Friday", "Easter")
    business = CalendarFeatures("business_days_in_month")
    for name, start, country in (("debitcards", "2000-01", "IS"), ("auscafe", "1982-04", "AU")):
        values = series[name]["values"]
        y = pd.Series(values, pd.date_range(start, periods=len(values), freq="MS"))
        days = days_of(country, easter, "Easter", language="en_US")

        def on_logs(*features):
            return TransformedForecaster(RegressionForecaster(AutoExpSmoothingRNN(), features))

        models = {
            "logs": on_logs(),
            "logs + Easter": on_logs(days),
            "logs + business days": on_logs(business),
            "logs + Easter, business days": on_logs(days, business),
        }
        compare(name, y, 12, 12, models)


def peer() -> None:
    """Print what differs from regression with ARIMA errors."""
    frame, _ = simulate("level", 7, 400)
    features, apart, ours, theirs = HolidayFeatures(DAYS_OFF, before=1), [], 0.0, 0.0
    for _, part in list(frame.groupby("unique_id"))[:8]:
        y, X = part.set_index("ds")["y"].asfreq("D"), part.set_index("ds")[["promo"]]
        start = time.perf_counter()
        model = RegressionForecaster(SimpleExpSmoothingRNN(), features).fit(X, y)
        ours, start = ours + time.perf_counter() - start, time.perf_counter()
        columns = np.column_stack([X, model._features[0].columns_at(y.index, np.arange(len(y)))])
        found = SARIMAX(y, exog=columns, order=(0, 1, 1)).fit(disp=False, cov_type="approx")
        theirs += time.perf_counter() - start
        p = columns.shape[1]
        zero = np.zeros((7, p))
        ahead = pd.DataFrame({"promo": zero[:, 0]})
        known = model._features[0].columns_at(model.predict(ahead).index, np.arange(7))
        zero[:, 1:] = known
        forecasts = model.predict(ahead) - found.forecast(7, exog=zero)
        apart.append(
            [
                np.abs((model.coef_ - found.params[:p]) / model.bse_).max(),
                np.abs(model.bse_ / found.bse[:p] - 1.0).max(),
                np.abs(forecasts).max() / np.std(model.residuals_),
            ]
        )
    print("beside ARIMA(0, 1, 1) errors, 8 series, the median and the largest difference:")
    for name, column in zip(
        ("coefficients, in se", "se, ratio", "forecasts, in sd"), np.transpose(apart), strict=True
    ):
        print(f"  {name:20} {np.median(column):.4f}  {column.max():.4f}")
    print(f"  seconds {ours:.1f} and {theirs:.1f}")
    y = electricity()
    vic = days_of("AU", ("",), "public holiday", 4, subdiv="VIC", language="en_US")
    model = RegressionForecaster(TripleExpSmoothingRNN(period=7), vic).fit(y)
    columns = vic.fit_transform(y.index).to_numpy()
    order = {"order": (0, 1, 1), "seasonal_order": (0, 1, 1, 7)}
    found = SARIMAX(y, exog=columns, **order).fit(disp=False, cov_type="approx")
    print(
        f"a public holiday: {model.coef_[0]:.0f} ({model.bse_.iloc[0]:.0f}), with ARIMA "
        f"errors {found.params.iloc[0]:.0f} ({found.bse.iloc[0]:.0f})"
    )
    scores = []
    for origin in range(len(y) - 14 * N_ORIGINS, len(y), 14):
        fit = SARIMAX(y[:origin], exog=columns[:origin], **order).fit(disp=False)
        forecast = fit.forecast(14, exog=columns[origin : origin + 14])
        errors = np.abs(forecast - y.iloc[origin : origin + 14]).mean()
        scores.append(errors / y[:origin].diff(7).abs().mean())
    ours = mase_of_origins(model, y, 14, 7)
    print(f"  MASE from five origins: {ours.mean():.3f}, with ARIMA errors {np.mean(scores):.3f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parts", nargs="+", default=["recovery", "real", "peer"])
    parser.add_argument("--classic", type=Path, help="the file of textbook series")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    if "recovery" in arguments.parts:
        recovery()
    if "real" in arguments.parts:
        real(arguments.classic)
    if "peer" in arguments.parts:
        peer()
