"""The page on the command line: the files it shows give what it shows."""

import re
import textwrap
from pathlib import Path

import pytest
from paths import DOCS

from tsrnn.cli import main

PAGE = (DOCS / "cli.rst").read_text(encoding="utf-8")
NUMBER = re.compile(r"\d+\.\d{3,}")


def blocks(kind):
    """Blocks of a kind with their captions."""
    pattern = rf"^\.\. code-block:: {kind}\n(?:   :caption: (\S+)\n)?\n((?:   .*\n|\n)+)"
    for found in re.finditer(pattern, PAGE, flags=re.MULTILINE):
        yield found[1], textwrap.dedent(found[2]).strip() + "\n"


FILES = {caption: text for caption, text in blocks("text") if caption}
RUNS = [text for _, text in blocks("console")]


@pytest.mark.parametrize("shown", RUNS, ids=lambda shown: shown.partition("\n")[0])
def test_the_page_shows_what_the_command_prints(shown, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        Path(name).write_text(text, encoding="utf-8")
    command, _, expected = shown.partition("\n")
    main(command.removeprefix("$ tsrnn ").split())
    printed = "".join(capsys.readouterr())
    # Digits beyond the fifth are the machine's.
    assert NUMBER.sub("#", printed) == NUMBER.sub("#", expected)
    given, wanted = NUMBER.findall(printed), NUMBER.findall(expected)
    assert [float(one) for one in given] == pytest.approx([float(one) for one in wanted], rel=1e-5)


def options_of(command, capsys):
    with pytest.raises(SystemExit):
        main([command, "--help"])
    # Help may write of other options; those of the command begin a line, or are in its usage.
    return set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - {"--help"}


def headings(section):
    lines = re.findall(r"^``--.*", section, flags=re.MULTILINE)
    return set(re.findall(r"--[a-z-]+", " ".join(lines)))


def test_every_option_is_on_the_page_and_none_besides(capsys):
    forecast, backtest = (options_of(command, capsys) for command in ("forecast", "backtest"))
    of_backtests, of_forecasts = PAGE[PAGE.index("Backtests\n---") :].split("Options\n---")
    assert headings(of_forecasts) == forecast
    assert headings(of_backtests) - {"--model"} == backtest - forecast
    assert forecast - backtest == {"--plot"}
