"""Look for links within a built site that lead nowhere: files, anchors, pictures.

    python docs/scripts/check_links.py docs/_build/html

What leads out of the site is not followed. The exit code is 1 if a link is dead.
"""

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """The links of a page, and the places in it that links may lead to."""

    def __init__(self, path):
        super().__init__()
        self.links, self.places = [], set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name in ("href", "src") and value:
                self.links.append(value)
            elif name == "id" or (name == "name" and tag == "a"):
                self.places.add(value)


def dead_links(root):
    """Yield the pages with dead links, and the links."""
    pages = {path.resolve(): Page(path) for path in sorted(root.rglob("*.html"))}
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if target.is_dir():
                target /= "index.html"
            place = unquote(parts.fragment)
            found = target.exists() and (
                not place or target not in pages or place in pages[target].places
            )
            if not found:
                yield path.relative_to(root.resolve()), link


if __name__ == "__main__":
    root = Path(sys.argv[1])
    dead = list(dead_links(root))
    for page, link in dead[:30]:
        print(f"{page}: {link}")
    print(f"{len(list(root.rglob('*.html')))} pages, {len(dead)} dead links")
    sys.exit(1 if dead else 0)
