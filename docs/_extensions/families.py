"""Tables of synthetic series, read from the code: the families with their priors, by frequency."""

import inspect

from docutils import nodes
from docutils.parsers.rst import Directive

from tsrnn.synthetic import frequencies
from tsrnn.synthetic.families import FAMILIES, draw_of, weights_of

_PRIORS = {
    "drift, standard deviation in shocks": "DRIFT",
    "walks and smoothing models with a drift": "DRIFTING",
    "of these, and of curves, upward": "RISING",
    "breaks of a trend, mean number": "BREAKS",
    "level shifts": "SHIFTED",
    "paths with noise on them": "NOISY",
    "size of that noise in mean changes, median": "NOISE",
    "heavy-tailed shocks": "HEAVY",
    "seasons, where there is a period": "SEASONAL",
    "size of the season in mean changes, median": "SEASON",
    "log10 of the mean change as a share of the level, mean": "CHANGE",
    "the same, standard deviation": "CHANGE_SPREAD",
}


class FamiliesList(Directive):
    """The name of each family, and what its function says of it."""

    def run(self):
        """Return a definition list."""
        entries = nodes.definition_list()
        for name in FAMILIES:
            paragraphs = inspect.getdoc(draw_of(name)).split("\n\n")
            body = [nodes.paragraph(text=" ".join(text.split())) for text in paragraphs]
            term = nodes.term("", "", nodes.literal(text=name))
            entries += nodes.definition_list_item("", term, nodes.definition("", *body))
        return [entries]


class FrequencyTable(Directive):
    """Shares of families, in percent, or other priors, by frequency."""

    required_arguments = 1

    def run(self):
        """Return a table."""
        names = frequencies.FREQUENCIES[: frequencies.UNKNOWN]
        if self.arguments[0] == "families":
            shares = 100.0 * weights_of(None)
            rows = {name: column for name, column in zip(FAMILIES, shares.T, strict=True)}
        else:
            rows = {label: getattr(frequencies, prior) for label, prior in _PRIORS.items()}
        lines = [["", *names]]
        lines += [[label, *(f"{value:.3g}" for value in row)] for label, row in rows.items()]
        return [_table(lines)]


def _table(lines):
    group = nodes.tgroup(cols=len(lines[0]))
    group += [nodes.colspec(colwidth=3 if i == 0 else 1) for i in range(len(lines[0]))]
    rows = [
        nodes.row("", *(nodes.entry("", nodes.paragraph(text=cell)) for cell in line))
        for line in lines
    ]
    group += nodes.thead("", rows[0])
    group += nodes.tbody("", *rows[1:])
    return nodes.table("", group)


def setup(app):
    """Add the directives."""
    app.add_directive("synthetic-families", FamiliesList)
    app.add_directive("synthetic-priors", FrequencyTable)
    return {"parallel_read_safe": True}
