"""Holidays of countries, from the package holidays."""

from __future__ import annotations

from typing import Any

from tsrnn.exceptions import InvalidParameterError


def holidays_of(country: str, years: range, chosen: dict[str, Any]) -> dict[Any, str]:
    """Return the holidays of a country, dates to names.

    Names are the same on every machine and in every year: in the language of the country where
    none is chosen, whatever the machine's is, and without the word that a date is estimated.

    Parameters
    ----------
    country : str
    years : range
    chosen : dict
        Further arguments of the package's `country_holidays`.

    Raises
    ------
    ImportError
        If the package is not installed.
    InvalidParameterError
        For a country, a subdivision or a language that it does not know.
    """
    try:
        import holidays
    except ImportError as error:
        raise ImportError(
            "HolidayFeatures reads the holidays of countries from the package holidays: "
            "pip install tsrnn[holidays], or pass a dict of dates to names"
        ) from error
    try:
        known = holidays.country_holidays(country, **chosen)
        language = chosen["language"]
        if language is None:
            chosen = chosen | {"language": known.default_language}
        elif language not in (*known.supported_languages, known.default_language):
            listed = ", ".join(map(repr, known.supported_languages)) or "None alone"
            raise InvalidParameterError(
                f"language must be one of those of country={country!r}, {listed}, got {language!r}"
            )
        found = holidays.country_holidays(country, years=years, **chosen)
    except NotImplementedError as error:
        raise InvalidParameterError(f"country={country!r}: {error}") from None
    labels = _labels_of_estimates(found)
    return {date: _without(labels, joined) for date, joined in found.items()}


def _labels_of_estimates(found: Any) -> dict[str, str]:
    """Return what names of estimated dates look like, and what they look like once known."""
    texts = {
        kind: found.tr(label) if (label := getattr(found, f"{kind}_label", None)) else "%s"
        for kind in ("estimated", "observed", "observed_estimated")
    }
    pairs = {texts["estimated"]: "%s", texts["observed_estimated"]: texts["observed"]}
    return {shown: known for shown, known in pairs.items() if shown != "%s"}


def _without(labels: dict[str, str], joined: str) -> str:
    """Return names, as the package joins them, with the labels of estimates taken off."""
    names = []
    for name in joined.split("; "):
        for shown, known in labels.items():
            before, _, after = shown.partition("%s")
            if name.startswith(before) and name.endswith(after):
                name = known.replace("%s", name[len(before) : len(name) - len(after)])
                break
        names.append(name)
    return "; ".join(names)
