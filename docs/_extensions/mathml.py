"""Formulas as MathML, which browsers draw by themselves: no script from elsewhere, no network."""

import html
import re
from xml.etree import ElementTree

from docutils import nodes
from docutils.utils.math import MathError, latex2mathml
from sphinx.util import logging

_logger = logging.getLogger(__name__)

_SPACE = "http://www.w3.org/1998/Math/MathML"
_ACCENTS = {"ˆ", "¯", "˜"}
_HTML_NAMES = re.compile(r"&(?!amp;|lt;|gt;|quot;|apos;)\w+;")  # such as &nbsp;, no names in XML
ElementTree.register_namespace("", _SPACE)


def _mathml(tex, *, as_block):
    """Return a formula with the index of a letter with an accent beside the letter, not below."""
    text = latex2mathml.tex2mathml(tex, as_block=as_block)
    formula = ElementTree.fromstring(_HTML_NAMES.sub(lambda name: html.unescape(name[0]), text))
    for element in formula.iter(f"{{{_SPACE}}}munderover"):
        letter, index, accent = element
        if accent.text in _ACCENTS:
            element.clear()
            element.tag = f"{{{_SPACE}}}msub"
            with_accent = ElementTree.SubElement(element, f"{{{_SPACE}}}mover", accent="true")
            with_accent.extend([letter, accent])
            element.append(index)
    return ElementTree.tostring(formula, encoding="unicode")


def _write(writer, node, *, as_block):
    try:
        formula = _mathml(node.astext(), as_block=as_block)
    except MathError as error:
        _logger.warning("a formula is not understood: %s", error, location=node)
        formula = f"<code>{writer.encode(node.astext())}</code>"
    if as_block:
        names = "".join(f' id="{name}"' for name in node["ids"][:1])
        formula = f'<div class="math"{names}>{formula}</div>'
    writer.body.append(formula)
    raise nodes.SkipNode


def _inline(writer, node):
    _write(writer, node, as_block=False)


def _block(writer, node):
    _write(writer, node, as_block=True)


def setup(app):
    """Register the renderer; `html_math_renderer` names it."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
