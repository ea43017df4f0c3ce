"""The command `tsrnn`: a demonstration, and forecasts from CSV to CSV."""

from __future__ import annotations

import argparse
import re
import warnings
from collections.abc import Sequence

from tqdm import tqdm

from tsrnn import __version__, datasets
from tsrnn._compute import code_cache
from tsrnn._compute.shipping import every_kernel, load
from tsrnn.cli.backtesting import add_windows, run_backtest
from tsrnn.cli.csv_errors import UsageError
from tsrnn.cli.forecasting import run_forecast, table_of
from tsrnn.cli.models import DEFAULT_MODEL, MODELS, SEASONAL_MODELS
from tsrnn.cli.options import add_file, add_seasons, add_spelling
from tsrnn.cli.output import print_out, save_picture, tell, telling_of_compilation
from tsrnn.cli.steps import add_options, in_options
from tsrnn.forecasting.naive import NaiveForecaster
from tsrnn.metrics import mase, smape
from tsrnn.smoothing.double import DoubleExpSmoothingRNN


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    arguments : sequence of str, optional
        The command line's by default.

    Returns
    -------
    status : int
        0; 2 where something the user gave will not do; 3 where the table is written, but without
        some of the series; 130, as shells have it, after Ctrl-C.
    """
    options = _parser().parse_args(arguments)
    with warnings.catch_warnings(record=True) as caught, telling_of_compilation():
        warnings.simplefilter("always", UserWarning)
        try:
            status = options.run(options)
        except UsageError as error:
            tell(str(error))
            return 2
        except MemoryError as error:
            tell(f"there is not enough memory for this: {error}")
            return 2
        except KeyboardInterrupt:
            tell("interrupted")
            return 130
    # Once, though a forecast and its bounds may both be warned of, and a backtest fits again.
    for text in dict.fromkeys(in_options(warning.message) for warning in caught):
        tell(f"warning: {re.sub('^(y|series 0) (?=has|is)', 'the series ', text)}")
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tsrnn", description="Exponential smoothing and recurrent networks as one family."
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    demo = commands.add_parser("demo", help="fit a real monthly series and show what comes out")
    demo.add_argument("--output", default="demo.png", help="the picture (%(default)s)")
    demo.set_defaults(run=_demo)

    warm_up = commands.add_parser(
        "warm-up", help="compile all that did not come compiled, as when an image is built"
    )
    warm_up.set_defaults(run=_warm_up)

    forecast = commands.add_parser("forecast", help="forecast a series of a CSV file")
    add_file(forecast)
    forecast.add_argument(
        "--model",
        choices=[*MODELS, *SEASONAL_MODELS],
        help=f"the forecaster ({DEFAULT_MODEL}): simple or ses, double or holt, damped, "
        "croston (demand that is mostly 0), holt-winters (a season), auto (whichever of these but "
        "croston suits the series), complex (exponential smoothing of a complex number), theta "
        "(the theta method), pretrained (a network that needs no training), ensemble (auto, "
        "complex and theta combined)",
    )
    add_seasons(forecast)
    add_options(forecast)
    add_spelling(forecast)
    forecast.add_argument("--output", metavar="OUT.csv", help="where to write (standard output)")
    forecast.add_argument("--plot", metavar="OUT.png", help="save a picture")
    forecast.set_defaults(run=run_forecast)

    backtest = commands.add_parser(
        "backtest", help="forecast a series of a CSV file from points in its past, and score that"
    )
    add_file(backtest)
    backtest.add_argument(
        "--model",
        nargs="+",
        choices=["naive", *MODELS, *SEASONAL_MODELS],
        default=["naive", DEFAULT_MODEL],
        help="forecasters as of tsrnn forecast, and naive, the last season or value (naive "
        f"{DEFAULT_MODEL})",
    )
    add_windows(backtest)
    add_seasons(backtest)
    add_options(backtest)
    add_spelling(backtest)
    backtest.add_argument("--output", metavar="OUT.csv", help="where to write (standard output)")
    backtest.set_defaults(run=run_backtest)
    return parser


def _warm_up(options: argparse.Namespace) -> int:
    """Fill the folder of compiled code, so that no first forecast compiles."""
    kernels = every_kernel()
    compiled = [one for one in tqdm(kernels, unit="kernel", disable=None) if load(one)]
    kept = f"; {len(compiled)} compiled now, kept in {code_cache.folder()}" if compiled else ""
    print_out(f"{len(kernels)} kernels, {len(kernels) - len(compiled)} compiled before{kept}\n")
    return 0


def _demo(options: argparse.Namespace) -> int:
    """Hold back a year, fit the rest, compare; then fit all and forecast."""
    y = datasets.load_co2(adjusted=True)
    train, test = y.iloc[:-12], y.iloc[-12:]
    model, naive = DoubleExpSmoothingRNN().fit(train), NaiveForecaster().fit(train)
    lines = [
        "CO2 at Mauna Loa, monthly means in ppm, seasonally adjusted: "
        f"{y.index[0]:%Y-%m} to {y.index[-1]:%Y-%m}, {len(y)} values\n",
        "DoubleExpSmoothingRNN (Holt's method), learned on all but the last year:",
        f"  alpha {model.alpha_:.4f}   beta {model.beta_:.4f}   "
        f"level {model.state_[0]:.2f}   trend {model.state_[1]:.4f} a month\n",
        "held-back year   sMAPE %    MASE (of one-month changes)",
    ]
    for name, forecaster in {"Holt": model, "naive": naive}.items():
        ahead = forecaster.predict(12)
        lines.append(
            f"  {name:<14}{smape(test, ahead):8.4f}{mase(test, ahead, train, period=1):8.3f}"
        )
    percents = [80.0, 95.0]
    table = table_of(model.fit(y), 12, percents)
    print_out("\n".join([*lines, f"\n{table.round(2).to_string()}\n\n"]))
    shown = slice(-120, None)
    fitted = model.fitted_values_.iloc[shown]
    save_picture(y.iloc[shown], fitted, table, percents, options.output)
    print_out(f"picture: {options.output}\n")
    return 0
