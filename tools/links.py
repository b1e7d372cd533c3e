"""Follows every internal link of the built site, anchors included; prints those that lead nowhere."""

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bookfiles import ROOT

SITE = ROOT / "_build" / "html"


class Page(HTMLParser):
    """Ids and links of one page."""

    def __init__(self, path):
        super().__init__()
        self.ids, self.links = set(), []
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.ids.update(values[key] for key in ("id", "name") if values.get(key))
        for key in ("href", "src"):
            if values.get(key):
                self.links.append((self.getpos()[0], values[key]))


def broken_links(site):
    """[message] for each link of the site's pages to a file or an anchor that is not there."""
    pages = {path.resolve(): Page(path) for path in sorted(Path(site).rglob("*.html")) if "_static" not in path.parts}
    wrong = []
    count = 0
    for path, page in pages.items():
        name = path.relative_to(Path(site).resolve()).as_posix()
        for line, link in page.links:
            parts = urlsplit(link)
            if parts.scheme in ("http", "https", "mailto", "data", "javascript") or parts.netloc:
                continue
            count += 1
            if parts.scheme or link.startswith("/"):
                wrong.append(f"{name}:{line}: {link} is bound to one machine or to the root of a server")
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if target.is_dir():
                target = target / "index.html"
            if not target.is_file():
                wrong.append(f"{name}:{line}: {link}: no such file")
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].ids:
                wrong.append(f"{name}:{line}: {link}: no such anchor")
    return wrong, count, len(pages)


def main():
    if not (SITE / "index.html").is_file():
        print("The site is not built. Run: make book")
        return 1
    wrong, count, pages = broken_links(SITE)
    print(
        "\n".join(wrong)
        + ("\n" if wrong else "")
        + f"{count} internal links of {pages} pages followed, {len(wrong)} broken."
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
