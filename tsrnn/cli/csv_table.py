"""A CSV file as text: its lines, what separates its columns, and the names of those.

Cells stay as they are written. What they mean is for the column to decide that they stand in.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import pandas as pd

from tsrnn.cli.csv_errors import UsageError, quoted

UNNAMED = "Unnamed: "  # begins the names of columns without one, as pandas has it
# What stands for a missing value, as pandas has it, and as statistical offices write it.
MISSING = frozenset(
    [".", "..", "...", ":"]
    + ["", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN"]
    + ["<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"]
)

# In the order in which they are taken where a file fits several: decimals and names hold commas.
_SEPARATORS = ("\t", ";", "|", ",")
_SEPARATORS_AND_BLANKS = "".join(_SEPARATORS) + " "
_NO_SEPARATOR = "\x1f"  # of one column: no text holds it
_MOST_AT_ONCE = 200  # rows to lay out as columns
_MOST_SAMPLED = 100  # lines from which the separator is told
_MARKS_OF_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_LIKE_DATA = re.compile(r"[\s+(−-]*[$€£]?\s*[0-9]")
# (Possessive, so that long cells take no time.)
_DATA = re.compile(r"[\s+(−-]*+[$€£]?\s*+[0-9][0-9.,:/'’\u00a0\u202f T-]*+[%$€£) ]*+")


@dataclass(frozen=True)
class TextTable:
    """The cells of a file.

    Attributes
    ----------
    cells : DataFrame
        Of text, stripped of blanks; its index is the lines of the file.
    separator : str or None
        None in a file of one column.
    note : str or None
        Which lines above the names of the columns were passed over.
    repeated : frozenset of str
        Names that several columns have. But for the first one they go by `name.1`, `name.2`.
    """

    cells: pd.DataFrame
    separator: str | None
    note: str | None = None
    repeated: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _Layout:
    """Layout of a file with a separator.

    Attributes
    ----------
    separator : str
    n_above : int
        Lines above that of the names.
    share : float
        How many of the lines below have as many cells.
    n_in_data : int
        How many characters of those lines stand in numbers and dates.
    """

    separator: str
    n_above: int
    share: float
    n_in_data: int


def read_table(path: str, encoding: str | None = None, decimal: str | None = None) -> TextTable:
    """Read a table: columns by the names of its first line, numbers of lines as the index."""
    lines = _text(path, encoding).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    first = next((i for i, line in enumerate(lines) if line.strip(_SEPARATORS_AND_BLANKS)), None)
    if first is None:
        raise UsageError("there is nothing in it")
    last = next(i for i in range(len(lines), 0, -1) if lines[i - 1].strip(_SEPARATORS_AND_BLANKS))
    told = re.fullmatch(r"\"?sep=(.|\t)\"?\s*", lines[first], re.IGNORECASE)
    first += told is not None
    found = _layout(lines[first:last], told[1] if told else None)
    if found is None:
        separator, n_above = None, 0
        kept_lines = [line.rstrip(_SEPARATORS_AND_BLANKS) for line in lines[first:last]]
    else:
        separator, n_above, kept_lines = found.separator, found.n_above, lines[first:last]
    rows = _rows(kept_lines, separator or _NO_SEPARATOR, first, separator is None)
    above = list(islice(rows, n_above))
    header = next(rows, (0, []))[1]
    if separator is None:
        rows = _one_column(rows, decimal)
    cells, repeated = _cells(header, rows)
    return TextTable(cells, separator, _note(above), repeated)


def _note(above: list[tuple[int, list[str]]]) -> str | None:
    if not above:
        return None
    words = quoted(" ".join(above[0][1]).strip())
    if len(above) == 1:
        return f"passing over line {above[0][0]}, {words}, above the names of the columns"
    return (
        f"passing over lines {above[0][0]} to {above[-1][0]}, {words} and so on, above the names "
        "of the columns"
    )


def _text(path: str, encoding: str | None) -> str:
    """Read a file, or standard input, as text."""
    try:
        raw = _standard_input() if path == "-" else Path(path).read_bytes()
    except FileNotFoundError as error:
        raise UsageError("there is no such file") from error
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}") from error
    if raw.startswith(b"PK\x03\x04"):
        raise UsageError("this is no text but a workbook: save it as CSV UTF-8")
    taken = encoding or ("utf-16" if raw.startswith(_MARKS_OF_UTF16) else "utf-8-sig")
    try:
        text = raw.decode(taken)
    except LookupError as error:
        raise UsageError(f"--encoding {encoding} is none that Python knows: try cp1252") from error
    except UnicodeDecodeError as error:
        if b"\0" in raw:
            raise UsageError("this is no text: what is wanted is CSV, in UTF-8") from error
        line = raw[: error.start].count(b"\n") + 1
        raise UsageError(
            f"line {line} is not in {encoding or 'UTF-8'}: save the file as CSV UTF-8, or name its "
            "encoding, such as --encoding cp1252 for Excel in Western Europe"
        ) from error
    if re.search("[\0\1\2\3\x1f]", text):
        raise UsageError("this is no text: what is wanted is CSV, in UTF-8")
    return text.removeprefix("\ufeff")


def _standard_input() -> bytes:
    if sys.stdin is None:
        raise OSError(0, "standard input is closed")
    return sys.stdin.buffer.read()


def _layout(lines: list[str], told_separator: str | None) -> _Layout | None:
    """Find what separates the columns: None where there is one column."""
    sample = list(
        islice((line for line in lines if line.strip(_SEPARATORS_AND_BLANKS)), _MOST_SAMPLED)
    )
    separators = [told_separator] if told_separator else _SEPARATORS
    found = [_layout_by(sample, one) for one in separators]
    layouts = [one for one in found if one is not None]
    # Commas cut decimals into cells that fit as well, and may fit better.
    layouts = [one for one in layouts if not any(_is_meant(other, one) for other in layouts)]
    if not layouts:
        return None
    return max(layouts, key=lambda one: (one.share, -one.n_above, one.n_in_data))


def _is_meant(layout: _Layout, commas: _Layout) -> bool:
    """Tell whether a layout shows that the commas of a file are not between columns."""
    return (
        commas.separator == ","
        and layout.separator != ","
        and layout.n_above <= commas.n_above
        and layout.share > 0.5
        and layout.n_in_data >= commas.n_in_data
    )


def _layout_by(sample: list[str], separator: str) -> _Layout | None:
    """Look for the line of names: the first with two of them, below lines of a title."""
    try:
        rows = list(csv.reader(sample, delimiter=separator, skipinitialspace=True))
    except csv.Error:
        return None
    named = [i for i, row in enumerate(rows) if _may_name(row)]
    if not named:
        return None
    # Names may begin with the mark of remarks: what is below them is data then.
    if rows[named[0]][0].startswith("#"):
        rest = [i for i in named if not rows[i][0].startswith("#")]
        named = rest if rest and not _is_like_data(rows[rest[0]]) else named
    n_above, row = named[0], rows[named[0]]
    if n_above and _is_like_data(row):
        # Two numbers below one name: a value with a decimal comma, or a column without a name.
        return None
    width, below = len(row), rows[n_above:]
    # Blanks beyond the names are of no account; see `_as_wide`.
    n_fitting = sum(len(one) >= width and not "".join(one[width:]).strip() for one in below)
    in_data = (len(cell) for one in below[1:] for cell in one if _DATA.fullmatch(cell))
    return _Layout(separator, n_above, n_fitting / len(below), sum(in_data))


def _is_like_data(row: list[str]) -> bool:
    return all(_LIKE_DATA.match(cell) for cell in row if cell.strip())


def _may_name(row: list[str]) -> bool:
    """Tell whether a row may name columns: two of them, or one beside a column of row labels."""
    has_text = [bool(cell.strip()) for cell in row]
    return sum(has_text) >= 2 or (len(row) >= 2 and not has_text[0] and all(has_text[1:]))


def _rows(
    lines: list[str], separator: str, first: int, keep_blank: bool
) -> Iterator[tuple[int, list[str]]]:
    """Read rows, each with the line of the file that it begins on."""
    text = io.StringIO("\n".join(lines))
    reader = csv.reader(text, delimiter=separator, skipinitialspace=True, strict=True)
    start = first + 1
    try:
        for row in reader:
            if keep_blank or (row and (row[0].strip() or "".join(row).strip())):
                yield start, row or [""]
            start = first + reader.line_num + 1
    except csv.Error as error:
        if "field limit" in str(error):
            reason = f"a cell of more than {csv.field_size_limit():,} characters"
        elif "unexpected end" in str(error):
            reason = "a quotation mark that is not closed"
        else:
            reason = str(error)
        raise UsageError(f"this is not readable as CSV: {reason} on line {start}") from error


def _one_column(
    rows: Iterator[tuple[int, list[str]]], decimal: str | None
) -> Iterator[tuple[int, list[str]]]:
    """Refuse lines that may hold a decimal comma, or two cells."""
    for line, row in rows:
        if decimal is None and re.search(r"[0-9]\s*[,;\t|]", row[0]):
            raise UsageError(
                f"line {line} holds more cells than the line of names, or a decimal comma: it is "
                f"{quoted(row[0])}. Name every column, or say --decimal , or --decimal ."
            )
        yield line, row


def _cells(
    header: list[str], rows: Iterator[tuple[int, list[str]]]
) -> tuple[pd.DataFrame, frozenset[str]]:
    """Lay rows out as columns."""
    names, repeated = _names(header)
    lines: list[int] = []
    columns: list[list[str]] = [[] for _ in names]
    # Few at a time: lists of rows that stay have the garbage collector go through all there is.
    while chunk := list(islice(rows, _MOST_AT_ONCE)):
        lines.extend(line for line, _ in chunk)
        whole = zip(*(_as_wide(row, len(names), line) for line, row in chunk), strict=True)
        for column, cells in zip(columns, whole, strict=True):
            column.extend(map(str.strip, cells))
    if not lines:
        raise UsageError("there is no line below that of the column names")
    kept_columns = {
        name: pd.Series(column, dtype=object)
        for name, column in zip(names, columns, strict=True)
        if not name.startswith(UNNAMED) or any(column)
    }
    frame = pd.DataFrame(kept_columns)
    frame.index = pd.Index(lines)
    return frame, repeated


def _as_wide(row: list[str], width: int, line: int) -> list[str]:
    """Give a row as many cells as there are names: blanks beyond them do not matter."""
    if len(row) == width:
        return row
    if len(row) > width and "".join(row[width:]).strip():
        commas = ": quote numbers with decimal commas, or separate columns by ;"
        raise UsageError(
            f"this is not readable as CSV: line {line} holds more cells than the line of names, "
            f"{len(row)} and not {width}{commas if _is_cut(row) else ''}"
        )
    return row[:width] + [""] * (width - len(row))


def _is_cut(row: list[str]) -> bool:
    """Tell whether two cells beside each other may be a number with a decimal comma."""
    return any(
        one[-1:].isdigit() and re.fullmatch(r"[0-9]+\s*[%€]?", other)
        for one, other in pairwise(row)
    )


def _names(header: list[str]) -> tuple[list[str], frozenset[str]]:
    """Give every column a name of its own: the names, and those that were several columns'."""
    given = [name.strip() or f"{UNNAMED}{i}" for i, name in enumerate(header)]
    taken = set(given)
    names: dict[str, Any] = {}
    repeated = set()
    for name in given:
        own, count = name, 0
        while own in names or (count and own in taken):
            repeated.add(name)
            count += 1
            own = f"{name}.{count}"
        names[own] = None
    return list(names), frozenset(repeated)
