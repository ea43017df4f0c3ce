"""Folders of the checkout that the tests lie in."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "tsrnn"
DOCS = ROOT / "docs"
EXAMPLES = ROOT / "examples"
GOLDEN = ROOT / "tests" / "golden"
