"""Numbers as people write them: decimal marks, thousands, percent and currency signs.

A mark can mean two things, so it is the column that decides: one cell such as 1,5 or 1.234,5 tells
what the marks of all are. Where none does, `1.234` may be 1234 or 1.234, and the user has to say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tsrnn.cli.csv_errors import UsageError, quoted
from tsrnn.cli.csv_table import MISSING

_MOST_DIGITS = 400  # of a cell: floats have 309 before their decimal mark
_SIGNS = (
    r"[$€£¥₹₽₩₺₪]|US\$|kr\.?|zł|Kč|AUD|BRL|CAD|CHF|CNY|CZK|DKK|EUR|GBP|HUF|INR|JPY|KRW|MXN|NOK|NZD"
    "|PLN|SEK|TRY|USD|ZAR"
)
_BLANKS = "\u00a0\u202f\u2009 "
_NUMBER = re.compile(
    rf"(?P<open>\()?(?P<minus>[+−-])?\s?(?P<before>{_SIGNS})?\s?(?P<minus_2>[+−-])?"
    rf"(?P<body>[.,]?[0-9][0-9.,'’{_BLANKS}]*)(?P<power>[eE][+-]?[0-9]+)?"
    rf"(?P<percent>%)?\s?(?P<after>{_SIGNS})?(?P<close>\))?"
)
_GROUPED = re.compile(
    rf"[0-9]{{1,3}}(?P<by>['’{_BLANKS}])[0-9]{{3}}(?:(?P=by)[0-9]{{3}})*([.,][0-9]*)?"
)
_PLAIN = re.compile(r"[+-]?[0-9]+")
# Numbers as computers write them, a line each, are read at once. A point is surely a decimal one
# where it does not stand before the last three of four to six digits.
# (Possessive, so that a word at the end of many numbers is found at once.)
_ALL_PLAIN = re.compile(
    r"(?:[+-]?(?:[0-9]{1,400}+(?:\.[0-9]{0,400}+)?|\.[0-9]{1,400}+)(?:[eE][+-]?[0-9]{1,4}+)?\n)*+"
)
_SURE = re.compile(
    r"^[+-]?(?:0[0-9]*)?\.|[0-9]{4}\.|\.(?:[0-9]{0,2}|[0-9]{4}.*)$|[.].*[eE]", re.MULTILINE
)
_OTHER = {".": ",", ",": "."}


@dataclass(frozen=True)
class _Cell:
    """A number as it is written.

    `decimal` is the mark that must be the decimal one, `either` one that may also separate
    thousands; `sign` is what stands beside the number.
    """

    text: str
    decimal: str | None = None
    either: str | None = None
    sign: str | None = None


@dataclass(frozen=True)
class Numbers:
    """A column read as numbers.

    Attributes
    ----------
    values : array of float
        NaN where there is no number.
    wrong : array of bool
        Where there are words, or a number that floats cannot hold.
    whole : bool
        All are digits alone, with or without a sign.
    doubt : str or None
        Why the column cannot be taken: what its numbers mean is not known.
    note : str or None
        What was left out of the cells.
    """

    values: np.ndarray
    wrong: np.ndarray
    whole: bool
    doubt: str | None = None
    note: str | None = None


def numbers_of(column: pd.Series, separator: str | None, decimal: str | None) -> Numbers:
    """Read a column as numbers.

    Parameters
    ----------
    column : Series of str
        Its index is the lines of the file.
    separator : str or None
        What separates the columns. Where it is a comma, a point by itself is a decimal point.
    decimal : {".", ","} or None
        The decimal mark, if the user names it.
    """
    codes, words = pd.factorize(column.to_numpy(), use_na_sentinel=False)
    missing = np.array([word in MISSING for word in words], dtype=bool)
    given = words[~missing].tolist()
    text = "".join([f"{word}\n" for word in given])
    if decimal != "," and _ALL_PLAIN.fullmatch(text) and ("." not in text or _SURE.search(text)):
        values = np.full(len(words), np.nan)
        values[~missing] = list(map(float, given))
        wrong = np.isinf(values)
        whole = not wrong.any() and not re.search("[.eE]", text)
        return Numbers(np.where(wrong, np.nan, values)[codes], wrong[codes], whole)
    first = column.index[np.unique(codes, return_index=True)[1]]  # the line of each word
    return _marked_numbers(
        column.name, codes, dict(zip(words, first, strict=True)), (separator, decimal)
    )


def _marked_numbers(
    name: object, codes: np.ndarray, lines: dict[str, int], marks: tuple[str | None, str | None]
) -> Numbers:
    """Read a column word by word; `lines` has the first line of each, by their codes."""
    separator, decimal = marks
    cells = [_cell(word) if len(word) <= _MOST_DIGITS else None for word in lines]
    message = zip(cells, lines.items(), strict=True)
    read = [(cell, word, line) for cell, (word, line) in message if cell is not None]
    mark, doubt = (decimal, None) if decimal else _decimal_mark(read, separator)
    signs, note = _signs(read)
    values = np.array([np.nan if cell is None else _value(cell, mark or ".") for cell in cells])
    missing = np.array([word in MISSING for word in lines], dtype=bool)
    # What a number is remains to be seen where its marks are in doubt, but it is one.
    words_alone = np.array([cell is None for cell in cells], dtype=bool)
    wrong = ~missing & (words_alone if doubt else ~np.isfinite(values))
    doubt = doubt or signs
    whole = all(_PLAIN.fullmatch(word) for word in lines if word not in MISSING)
    return Numbers(
        np.where(wrong, np.nan, values)[codes],
        wrong[codes],
        whole and not wrong.any(),
        None if doubt is None else f"column {quoted(name)} {doubt}",
        None if note is None else f"in column {quoted(name)} {note}",
    )


def check_decimal(decimal: str | None) -> None:
    """Refuse what is no decimal mark."""
    if decimal is not None and decimal not in _OTHER:
        raise UsageError(
            f"--decimal must be . or , and the other one is for thousands, got {decimal!r}"
        )


def _cell(word: str) -> _Cell | None:
    """Take a cell apart: None if it is no number."""
    if _PLAIN.fullmatch(word):
        return _Cell(word)
    found = _NUMBER.fullmatch(word)
    if found is None:
        return None
    brackets, minus = bool(found["open"]), found["minus"] or found["minus_2"] or ""
    if brackets != bool(found["close"]) or (found["minus"] and found["minus_2"]):
        return None
    if found["before"] and found["after"]:
        return None
    body = found["body"].strip()
    marks = _marks(body, bool(found["power"]))
    if marks is None:
        return None
    sign = found["percent"] or found["before"] or found["after"]
    if brackets or minus in ("−", "-"):
        body = "-" + body
    body = re.sub(rf"['’{_BLANKS}]", "", body) + (found["power"] or "")
    return _Cell(body, *marks, sign)


def _marks(body: str, has_power: bool) -> tuple[str | None, str | None] | None:
    """Tell what the marks of a number must be, and may be: None if it is no number."""
    points, commas = body.count("."), body.count(",")
    if re.search(rf"['’{_BLANKS}]", body):
        if not _GROUPED.fullmatch(body):
            return None
        return ("." if points else "," if commas else None), None
    if not points and not commas:
        return None, None
    last = "." if body.rfind(".") > body.rfind(",") else ","
    other = _OTHER[last]
    if points and commas:
        grouped = rf"[0-9]{{1,3}}(\{other}[0-9]{{3}})+\{last}[0-9]*"
        return (last, None) if re.fullmatch(grouped, body) else None
    if points + commas > 1:
        return (other, None) if re.fullmatch(rf"[0-9]{{1,3}}(\{last}[0-9]{{3}})+", body) else None
    if not has_power and re.fullmatch(r"[1-9][0-9]{0,2}[.,][0-9]{3}", body):
        return None, last
    return last, None


def _value(cell: _Cell, mark: str) -> float:
    """Return the number, NaN where its decimal mark is another."""
    if cell.decimal not in (None, mark):
        return np.nan
    return float(cell.text.replace(_OTHER[mark], "").replace(mark, "."))


def _decimal_mark(
    read: list[tuple[_Cell, str, int]], separator: str | None
) -> tuple[str | None, str | None]:
    """Find the decimal mark of a column: that, or why it is not known."""
    sure: dict[str, str] = {}
    open_: dict[str, str] = {}
    unmarked = []
    for cell, word, line in read:
        message = f"{quoted(word)} on line {line}"
        if cell.decimal:
            sure.setdefault(cell.decimal, message)
        elif cell.either:
            open_.setdefault(cell.either, message)
        else:
            unmarked.append(len(cell.text.lstrip("+-0")))
    if len(sure) == 2 or (not sure and len(open_) == 2):
        both = sure if len(sure) == 2 else open_
        return None, (
            f"has two decimal marks, as in {both['.']} and {both[',']}: write all numbers alike, "
            "or say --decimal . or --decimal , to be told of those that differ"
        )
    if sure or not open_:
        return next(iter(sure), None), None
    mark, message = next(iter(open_.items()))
    # Commas between columns go with decimal points. But 995 followed by 1.080 are thousands.
    if mark == "." and separator in (None, ",") and (not unmarked or max(unmarked) > 3):
        return mark, None
    word = {".": "point", ",": "comma"}[mark]
    return None, (
        f"holds {message}, where the {word} may separate thousands or decimals: say --decimal "
        f"{_OTHER[mark]} if it separates thousands, --decimal {mark} if decimals"
    )


def _signs(read: list[tuple[_Cell, str, int]]) -> tuple[str | None, str | None]:
    """Look at what stands beside numbers: why that will not do, or what is left out."""
    signs = {cell.sign: f"{quoted(word)} on line {line}" for cell, word, line in reversed(read)}
    named = [sign for sign in signs if sign]
    if not named:
        return None, None
    if len(named) > 1 or ("%" in signs and None in signs):
        message = " and ".join(list(signs.values())[:2])
        return f"holds numbers of two kinds, {message}: write them in one unit", None
    return None, f"the sign {named[0]} is left out, as of {signs[named[0]]}"
