"""The command on files as people have them: right, or refused in words that say what to do.

The values of all files lie on a line, which Holt's method goes on with exactly, whatever it learns:
so what is forecast tells what was read.
"""

import csv

import numpy as np
import pytest

from tsrnn.cli import main

MONTHS = ["01.2023", "02.2023", "03.2023", "04.2023", "05.2023", "06.2023"]
GERMAN = ["980,50", "990,50", "1.000,50", "1.010,50", "1.020,50", "1.030,50"]
ON = [1040.5, 1050.5]
WHOLE = ["980", "990", "1.000", "1.010", "1.020", "1.030"]
PLAIN = [980, 990, 1000, 1010, 1020, 1030]


def file(header, separator, *columns):
    lines = [separator.join(cells) for cells in zip(*columns, strict=True)]
    return "\n".join([header, *lines]) + "\n"


def long_file(ids, dates, values, header="article;month;sold"):
    rows = [(i, d, v) for i in ids for d, v in zip(dates, values, strict=True)]
    return file(header, ";", *zip(*rows, strict=True))


GERMAN_FILE = file("Monat;Umsatz", ";", MONTHS, GERMAN)
DAYS = [f"{day:02}/05/2023" for day in range(1, 7)]

# Three sales a day, of which clocks are put forward after the third: their sums are 100, 110, ...
TILL = [
    (f"2024-03-{28 + day}T{time}:00+0{1 + (day > 2)}:00", str(sold + 10 * (time == "12:00") * day))
    for day in range(4)
    for time, sold in (("00:30", 50), ("12:00", 30), ("20:07", 20))
]

SIX = [str(100 + 10 * i) for i in range(6)]
MONTH_CODES = ["201911", "201912", "202001", "202002", "202003", "202004"]

# A name, the file, the options, and the first column and the forecasts that come out, with what is
# told; or what is refused.
READ = {
    "a German export": (
        "\ufeff" + file("Monat;Umsatz", ";", [f"01.{m}" for m in MONTHS], GERMAN),
        [], ["01.07.2023", "01.08.2023"], ON, "'Monat' as dates and 'Umsatz' as values",
    ),
    "line ends of Windows": (GERMAN_FILE.replace("\n", "\r\n"), [], ["07.2023"], ON, ""),
    "an American export": (
        file("Date,Net sales", ",",
             ["1/31/2023", "2/28/2023", "3/31/2023", "4/30/2023", "5/31/2023", "6/30/2023"],
             [f'"${v:,.2f} "' for v in PLAIN]),
        [], ["2023-07-31", "2023-08-31"], [1040, 1050], "the sign $ is left out",
    ),
    "thousands, with the mark named": (
        file("Monat;Umsatz", ";", MONTHS, WHOLE), ["--decimal", ","], ["07.2023"], [1040, 1050], "",
    ),
    "Unicode text, with tabs": (
        file("Monat\tErlös", "\t", MONTHS, GERMAN).encode("utf-16"), [], ["07.2023"], ON, "'Erlös'",
    ),
    "the month first, with the order named": (
        file("day,sold", ",", DAYS, map(str, PLAIN)), ["--date-format", "%m/%d/%Y"],
        ["07/05/2023", "08/05/2023"], [1040, 1050], "",
    ),
    "the day first, told by later lines": (
        file("day,sold", ",", [f"{day:02}/05/2023" for day in range(10, 16)], map(str, PLAIN)), [],
        ["16/05/2023", "17/05/2023"], [1040, 1050], "",
    ),
    "percent signs": (
        file("month;share", ";", MONTHS, ["12 %", "12,5 %", "13 %", "13,5 %", "14 %", "14,5 %"]),
        [], ["07.2023"], [15, 15.5], "the sign % is left out, as of '12 %' on line 2",
    ),
    "a currency behind": (
        file("Monat;Umsatz", ";", MONTHS, [f"{v} €" for v in GERMAN]), [], ["07.2023"], ON, "€",
    ),
    "a currency in front": (
        file("Monat;Umsatz", ";", MONTHS, [f"EUR {v}" for v in GERMAN]), [], ["07.2023"], ON, "EUR",
    ),
    "quarters by name, newest first": (
        file("quarter,sold", ",", ["Q2 2023", "Q1 2023", "Q4 2022", "Q3 2022", "Q2 2022"],
             ["140", "130", "120", "110", "100"]),
        [], ["Q3 2023", "Q4 2023"], [150, 160], "",
    ),
    "weeks of ISO 8601 over a new year": (
        file("week,sold", ",", ["2022-W50", "2022-W51", "2022-W52", "2023-W01", "2023-W02"],
             ["100", "110", "120", "130", "140"]),
        [], ["2023-W03", "2023-W04"], [150, 160], "",
    ),
    "weeks as Germans count them": (
        file("Woche;Menge", ";", [f"KW {w:02} 2023" for w in range(7, 12)],
             ["100", "110", "120", "130", "140"]),
        [], ["KW 12 2023", "KW 13 2023"], [150, 160], "",
    ),
    "lines of a title": (
        "Sales, all regions;\nas of 30.06.2023;\n\n" + GERMAN_FILE, [], ["07.2023"], ON,
        "passing over lines 1 to 2, 'Sales, all regions' and so on",
    ),
    "a line that names the separator": ("sep=;\n" + GERMAN_FILE, [], ["07.2023"], ON, ""),
    "the encoding of Western Europe, named": (
        GERMAN_FILE.replace("Umsatz", "Erlös").encode("cp1252"), ["--encoding", "cp1252"],
        ["07.2023"], ON, "'Erlös'",
    ),
    "separators behind, and lines of them": (
        "".join(f"{line};;\n" for line in GERMAN_FILE.splitlines()) + ";;;\n;;;\n",
        [], ["07.2023"], ON, "",
    ),
    "quoted numbers and blank lines": (
        file('\n"month","sold"\n', '","', [f'\n"{m}' for m in MONTHS], [f'{v}"' for v in PLAIN]),
        [], ["07.2023"], [1040, 1050], "",
    ),
    "scientific notation": (
        file("Monat;Umsatz", ";", MONTHS, [f"1,{i}E+05" for i in range(2, 8)]), [], ["07.2023"],
        [180000, 190000], "",
    ),
    "thousands apart, as in France": (
        file("mois;ventes", ";", MONTHS, [v.replace(".", "\u202f") for v in GERMAN]), [],
        ["07.2023"], ON, "",
    ),
    "thousands and points, as in Switzerland": (
        file("Monat;Umsatz", ";", MONTHS, [f"{v:,.2f}".replace(",", "'") for v in PLAIN]), [],
        ["07.2023"], [1040, 1050], "",
    ),
    "losses in brackets": (
        file("month,result", ",", MONTHS, ["(30.0)", "(20.0)", "(10.0)", "0", "10.0", "20.0"]), [],
        ["07.2023"], [30, 40], "",
    ),
    "gaps, with the fill named": (
        file("Monat;Umsatz", ";", MONTHS[:2] + MONTHS[3:], GERMAN[:2] + GERMAN[3:]),
        ["--fill", "missing"], ["07.2023"], ON, "1 month without a line",
    ),
    "a decimal comma below a name with a comma": (
        file('Monat;"Umsatz, netto"', ";", MONTHS, [f"{v};" for v in GERMAN]), [], ["07.2023"], ON,
        "'Monat' as dates and 'Umsatz, netto' as values",
    ),
    "months in whole numbers, with the values named": (
        file("month,sold", ",", MONTH_CODES, SIX), ["--value", "sold"], ["202005", "202006"],
        [160, 170], "'month' as dates and 'sold' as values",
    ),
    "months in whole numbers, with a gap": (
        file("Periode;Umsatz", ";", MONTH_CODES[:2] + MONTH_CODES[3:], SIX[:2] + SIX[3:]),
        ["--fill", "missing"], ["202005"], [160, 170], "1 month without a line",
    ),
    "months of another century in whole numbers": (
        file("yyyymm,sold", ",", ["185011", "185012", "185101", "185102"], SIX[:4]), [],
        ["185103", "185104"], [140, 150], "'yyyymm' as dates",
    ),
    "days in whole numbers": (
        file("t,sold", ",", [f"202002{day}" for day in range(24, 30)], SIX), [], ["20200301"],
        [160, 170], "'t' as dates and 'sold' as values",
    ),
    "weeks in whole numbers over a new year": (
        file("wk,sold", ",", ["202050", "202051", "202052", "202053", "202101", "202102"], SIX),
        [], ["202103", "202104"], [160, 170], "'wk' as dates",
    ),
    "weeks in whole numbers, of which the name tells": (
        file("Kalenderwoche;Menge", ";", [f"20200{week}" for week in range(1, 7)], SIX),
        [], ["202007"], [160, 170], "'Kalenderwoche' as dates",
    ),
    "quarters in whole numbers": (
        file("q,sold", ",", ["20193", "20194", "20201", "20202", "20203", "20204"], SIX), [],
        ["20211", "20212"], [160, 170], "'q' as dates",
    ),
    "days of the year in whole numbers": (
        file("d,sold", ",", [str(day) for day in (2019364, 2019365, 2020001, 2020002)], SIX[:4]),
        [], ["2020003"], [140, 150], "'d' as dates",
    ),
    "years by their German name, newest first": (
        file("Jahr;Wert", ";", ["2015", "2014", "2013", "2012", "2011", "2010"], SIX[::-1]), [],
        ["2016", "2017"], [160, 170], "'Jahr' as dates",
    ),
    "years by whatever name": (
        file("season of;2001", ";", map(str, range(1996, 2002)), SIX), [], ["2002"], [160, 170],
        "'season of' as dates and '2001' as values",
    ),
    "what looks like years and is not": (
        file("price;sold", ";", ["2010", "1990", "2001", "1990", "2000", "1999"], SIX),
        ["--value", "sold"], ["1", "2"], [160, 170], "without dates, and 'sold' as values",
    ),
    "a single column that looks like months": (
        "sold\n" + "".join(f"{code}\n" for code in range(202001, 202007)), [], ["1", "2"],
        [202007, 202008], "",
    ),
    "months as Eurostat writes them": (
        file("TIME,OBS", ",", ["2020M11", "2020M12", "2021M01", "2021M02", "2021M03"], SIX[:5]), [],
        ["2021M04", "2021M05"], [150, 160], "'TIME' as dates",
    ),
    "quarters that look like months, of which the name tells": (
        file("Quartal;Umsatz", ";", ["3/2019", "4/2019", "1/2020", "2/2020", "3/2020", "4/2020"],
             SIX), [], ["1/2021", "2/2021"], [160, 170], "",
    ),
    "weeks that look like months, of which the name tells": (
        file("week,sold", ",", [f"2023-0{week}" for week in range(1, 7)], SIX), [],
        ["2023-07", "2023-08"], [160, 170], "'week' as dates",
    ),
    "missing values as statistical offices write them": (
        file("date,sold", ",", [f"2020-01-0{day}" for day in range(1, 7)],
             [".", "110", ":", "130", "..", "150"]),
        [], ["2020-01-07"], [160, 170], "",
    ),
    "remarks above the names": (
        "# Mauna Loa\n# use with care, please\n" + file("year,ppm", ",", map(str, range(6)), SIX),
        [], ["6", "7"], [160, 170], "passing over lines 1 to 2, '# Mauna Loa' and so on",
    ),
    "names behind the mark of remarks": (
        file("#year,ppm", ",", map(str, range(2001, 2007)), SIX), [], ["2007"], [160, 170], "",
    ),
    "the days of a spreadsheet": (
        file("Date;sold", ";", map(str, range(43831, 43837)), SIX), [], ["43837"], [160, 170],
        "if they are the days of a spreadsheet, of which 43831 is 2020-01-01, format them as dates",
    ),
    "seconds since 1970": (
        file("timestamp,sold", ",", [str(1577836800 + 3600 * i) for i in range(6)], SIX),
        ["--value", "sold"], ["1577858400"], [160, 170],
        "if they are seconds since 1970, of which 1577836800 is 2020-01-01T00:00:00, write them",
    ),
    "prices that look like years, evenly apart": (
        file("price;sold", ";", ["1800", "1900", "1800", "2000", "1800", "1800"], SIX),
        ["--value", "sold"], ["1", "2"], [160, 170], "ignoring 'price'",
    ),
    "a meter that looks like weeks": (
        file("kWh,sold", ",", ["201512", "201530", "201541", "201550", "201602", "201610"], SIX),
        ["--value", "sold"], ["1", "2"], [160, 170], "ignoring 'kWh'",
    ),
    "sales of a till, by days, which have no time of day": (
        file("Zeit;Menge", ";", [f"0{day}.01.2024 1{h}:07" for day in range(5, 9) for h in "02"],
             ["40", "60", "50", "60", "60", "60", "70", "60"]),
        ["--aggregate", "sum"], ["09.01.2024", "10.01.2024"], [140, 150], "made 4 days of 8 lines",
    ),
    "sales of a till, by months": (
        file("Zeit;Menge", ";", [f"{day}.0{month}.2024" for month in (1, 2, 3) for day in (10, 20)],
             ["40", "60", "50", "60", "60", "60"]),
        ["--aggregate", "sum", "--freq", "MS"], ["01.04.2024", "01.05.2024"], [130, 140],
        "made 3 months of 6 lines",
    ),
    "several lines a month, by its short name": (
        file("Monat;Menge", ";", sorted(2 * MONTHS[:3]),
             ["40", "60", "50", "60", "60", "60"]),
        ["--aggregate", "sum"], ["04.2023"], [130, 140], "made 3 months of 6 lines",
    ),
    "sales with the offsets of winter and of summer": (
        file("time,sold", ",", *zip(*TILL, strict=True)), ["--aggregate", "sum"],
        ["2024-04-01", "2024-04-02"], [140, 150], "are taken as the clocks show them",
    ),
    "sales with several offsets and columns that are named, by days": (
        file("time,shop,sold", ",", [f"{time},A" for time, _ in TILL], [v for _, v in TILL]),
        ["--aggregate", "sum", "--date", "time", "--value", "sold", "--freq", "D"],
        ["2024-04-01", "2024-04-02"], [140, 150], "are taken as the clocks show them",
    ),
}  # fmt: skip

REFUSED = {
    "thousands or decimals": (
        file("Monat;Umsatz", ";", MONTHS, WHOLE), [],
        "'Umsatz' holds '1.000' on line 4, where the point may separate thousands or decimals: say "
        "--decimal , if it separates thousands, --decimal . if decimals",
    ),
    "thousands or decimals, quoted": (
        file("month,sold", ",", MONTHS, [f'"{v:,}"' for v in PLAIN]), [],
        "'1,000' on line 4, where the comma may separate thousands or decimals: say --decimal . if",
    ),
    "two decimal marks": (
        file("Monat;Umsatz", ";", MONTHS, ["1,5", "2,5", "3.5", "4,5", "5,5", "6,5"]), [],
        "two decimal marks, as in '3.5' on line 4 and '1,5' on line 2: write all numbers alike",
    ),
    "day or month first": (
        file("day,sold", ",", DAYS, map(str, PLAIN)), [],
        'as in \'01/05/2023\' on line 2: say --date-format "%d/%m/%Y" or "%m/%d/%Y"',
    ),
    "two currencies": (
        file("Monat;Umsatz", ";", MONTHS, ["1 €", "2 €", "3 $", "4 €", "5 €", "6 €"]), [],
        "numbers of two kinds, '1 €' on line 2 and '3 $' on line 4: write them in one unit",
    ),
    "percent of some": (
        file("Monat;Anteil", ";", MONTHS, ["1 %", "2 %", "3", "4 %", "5 %", "6 %"]), [],
        "numbers of two kinds, '1 %' on line 2 and '3' on line 4",
    ),
    "a line of the sum": (
        GERMAN_FILE + "Summe;6.033,00\n", [],
        "must hold dates, but on line 8 it holds 'Summe'",
    ),
    "a line of the sum, undated": (
        GERMAN_FILE + ";6.033,00\n", [],
        "no date on line 8: write one, or take the line out",
    ),
    "names of two parts above the names": (
        "Report;Bonn\n" + GERMAN_FILE, [],
        "on line 2 it holds 'Umsatz'; lines of a title above the names of the columns are to be "
        "taken out",
    ),
    "the encoding of Western Europe": (
        GERMAN_FILE.replace("Umsatz", "Erlös").encode("cp1252"), [],
        "line 1 is not in UTF-8: save the file as CSV UTF-8, or name its encoding, such as "
        "--encoding cp1252",
    ),
    "gaps": (
        file("Monat;Umsatz", ";", MONTHS[:2] + MONTHS[3:], GERMAN[:2] + GERMAN[3:]), [],
        "comes 2023-04-01 00:00:00 on line 4: where values are missing",
    ),
    "years beside the names of their months": (
        file("Jahr;Monat;Wert", ";", 4 * ["2020"], ["Januar", "Februar", "März", "April"], SIX[:4]),
        [], "if these are parts of the dates in 'Jahr', write both in one column, as in 2020-01",
    ),
    "days beside their times": (
        file("day,time,sold", ",", 2 * ["2020-01-01"] + 2 * ["2020-01-02"], 2 * ["0:00", "12:00"],
             SIX[:4]),
        [], "if these are parts of the dates in 'day', write both in one column",
    ),
    "a holiday among trading days": (
        file("day,price", ",", ["2023-04-05", "2023-04-06", "2023-04-11", "2023-04-12"], SIX[:4]),
        [], "; --freq rows takes the lines as the steps, such as trading days",
    ),
    "two lines of a month": (
        GERMAN_FILE + "06.2023;12,00\n", [],
        "holds '06.2023' twice, on lines 7 and 8",
    ),
    "an error of a formula": (
        file("Monat;Umsatz", ";", MONTHS, [*GERMAN[:5], "#DIV/0!"]), [],
        "on line 7 it holds '#DIV/0!': mend the formula, or leave the cell empty",
    ),
    "months by their German names": (
        file("Monat;Umsatz", ";", ["Jan 23", "Feb 23", "Mrz 23", "Apr 23", "Mai 23", "Jun 23"],
             GERMAN), [],
        "must hold dates, but on line 4 it holds 'Mrz 23': best write them as in 2020-01-31",
    ),
    "article numbers that Excel cut": (
        long_file(["4,00638E+12"], MONTHS, GERMAN), ["--id", "article"],
        "holds a number that Excel cut on line 2: format the column as text there",
    ),
    "a week that is none": (
        file("week,sold", ",", ["202150", "202151", "202152", "202153"], SIX[:4]),
        ["--value", "sold"],
        "'week' holds a year and a week in one number, but '202153' on line 5 is none",
    ),
    "years beside their months": (
        file("year,month,sold", ",", 6 * ["2020"], map(str, range(1, 7)), SIX),
        ["--value", "sold"],
        "makes of them; if 'month' holds their months or the like, write both in one column, as in",
    ),
    "a workbook": (b"PK\x03\x04\x14\x00", [], "no text but a workbook: save it as CSV UTF-8"),
    "a decimal comma in a single column": (
        "sold\n3,5\n4,5\n", [],
        "line 2 holds more cells than the line of names, or a decimal comma",
    ),
}  # fmt: skip


@pytest.fixture
def run(tmp_path, capsys):
    """Run the command on the contents of a file: its status, rows of its table, what it tells."""

    def run(content, *options):
        path = tmp_path / "in.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        status = main(["forecast", str(path), "--horizon", "2", "--model", "holt", *options])
        out, err = capsys.readouterr()
        return status, list(csv.reader(out.splitlines())), err

    return run


@pytest.mark.parametrize("name", READ)
def test_what_people_have_is_read(run, name):
    content, options, dates, forecasts, message = READ[name]
    status, rows, err = run(content, *options)
    assert status == 0, err
    assert [row[0] for row in rows[1:]][: len(dates)] == dates
    # To the digits that 6 values on a line leave of a sum of squares.
    np.testing.assert_allclose([float(row[1]) for row in rows[1:]], forecasts, rtol=1e-6)
    assert message in err


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_two_readings_or_none_is_refused_in_words_that_say_what_to_do(run, name):
    content, options, words = REFUSED[name]
    status, rows, err = run(content, *options)
    assert (status, rows) == (2, [])
    assert words in err and err.count("\n") == 1


@pytest.mark.parametrize("options", [[], ["--id", "shop"]])
def test_whole_numbers_are_dates_by_the_pattern_that_is_named(run, options):
    days = ["30012020", "31012020", "01022020", "02022020"]
    content = file("shop,day,sold", ",", ["a"] * 4, days, ["10", "20", "30", "40"])
    named = ["--date", "day", "--value", "sold", "--date-format", "%d%m%Y", *options]
    status, rows, err = run(content, *named)
    assert status == 0, err
    assert [row[len(options) // 2] for row in rows[1:]] == ["03022020", "04022020"]


def test_quarters_put_in_are_told_as_such(run):
    quarters = ["Q1 2022", "Q2 2022", "Q4 2022", "Q1 2023"]
    content = file("day,sold", ",", quarters, ["10", "20", "40", "50"])
    status, rows, err = run(content, "--fill", "missing")
    assert status == 0 and "1 quarter without a line counted as missing values" in err
    assert rows[1][0] == "Q2 2023"


def test_ids_are_text_as_it_stands(run):
    ids = ["007", "7", "4006381333931", "0004006381333", "NA", "null", "1e5", "TRUE", "1.0"]
    status, rows, err = run(long_file(ids, MONTHS, GERMAN), "--id", "article")
    assert status == 0, err
    assert sorted({row[0] for row in rows[1:]}) == sorted(ids)
    assert len(rows) == 1 + 2 * len(ids)
    status, rows, err = run(
        "id,month,v\n" + "".join(f"{'a' + i % 3 * ' '},{m},{i}\n" for i, m in enumerate(MONTHS)),
        "--id", "id",
    )  # fmt: skip
    assert status == 0, err
    assert [row[:2] for row in rows[1:]] == [["a", "07.2023"], ["a", "08.2023"]]


UNREAD = {
    "quarters": ["4. Quartal 22", "3. Quartal 22", "2. Quartal 22", "1. Quartal 22"],
    "months": ["Dezember", "November", "Oktober", "September"],
    "fiscal years": ["FY22-4", "FY22-3", "FY22-2", "FY22-1"],
    "halves": ["2. Hj 22", "1. Hj 22", "2. Hj 21", "1. Hj 21"],
}


@pytest.mark.parametrize("name", UNREAD)
@pytest.mark.parametrize("options", [[], ["--id", "shop"]])
def test_dates_that_are_not_read_are_not_ignored_with_an_id_either(run, name, options):
    content = file("shop,time,sold", ",", ["a"] * 4, UNREAD[name], ["240", "230", "220", "210"])
    status, _, err = run(content, *options)
    words = f"'{UNREAD[name][0]}' on line 2 and '{UNREAD[name][1]}' on line 3: if these are dates"
    assert status == 2 and words in err


@pytest.mark.parametrize("dates", [["Q4 2022", "Q3 2022", "Q2 2022", "Q1 2022"],
                                   ["2022Q4", "2022Q3", "2022Q2", "2022Q1"],
                                   ["2022-Q4", "2022-Q3", "2022-Q2", "2022-Q1"],
                                   ["2022-W08", "2022-W07", "2022-W06", "2022-W05"],
                                   ["2022W08", "2022W07", "2022W06", "2022W05"]])  # fmt: skip
@pytest.mark.parametrize("options", [[], ["--id", "shop"]])
def test_quarters_and_weeks_set_the_order(run, dates, options):
    content = file("shop,time,sold", ",", ["a"] * 4, dates, ["240", "230", "220", "210"])
    status, rows, err = run(content, *options)
    assert status == 0, err
    at = 1 + bool(options)
    np.testing.assert_allclose([float(row[at]) for row in rows[1:]], [250, 260], rtol=1e-6)


def test_dates_of_a_series_that_will_not_do_are_told_as_they_are_written(run):
    days = ["13.01.2024", "14.01.2024", "15.01.2024"]
    good = [("A", day, str(i)) for i, day in enumerate(days)]
    bad = {
        "'day' must hold dates, but holds 'Summe' on line 6": ("Summe", "3"),
        "'day' has no date on line 6": ("", "3"),
        "'day' holds '15.01.2024' a second time on line 6: --aggregate makes one line": (
            days[2],
            "3",
        ),
    }
    for words, cells in bad.items():
        rows = [*good, ("B", days[2], "1"), ("B", *cells), ("B", "16.01.2024", "1")]
        status, table, err = run(
            file("shop;day;sold", ";", *zip(*rows, strict=True)), "--id", "shop"
        )
        assert (status, [row[0] for row in table[1:]]) == (3, ["A", "A"])
        assert f"series 'B': left out: {words}" in err


def test_lines_of_one_date_that_another_column_tells_apart_are_not_to_be_put_together(run):
    content = file("shop,day,sold", ",", "ABAB", ["2024-01-01"] * 2 + ["2024-01-02"] * 2, "1234")
    status, _, err = run(content, "--date", "day", "--value", "sold")
    assert status == 2 and "if 'shop' tells series apart, say --id shop" in err
