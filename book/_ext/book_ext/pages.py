"""What is added to a page, and mended in it, when it is written."""

import re
import struct
from pathlib import Path

STATIC = Path(__file__).parents[2] / "static"
IMAGE = re.compile(r'<img (?P<head>[^>]*?)src="(?P<src>[^"]*?_images/(?P<name>[^"/]+\.png))"(?P<tail>[^>]*?)/?>')
DRAWING = re.compile(r'<img [^>]*src="(?P<up>[./]*)_images/(?P<name>[\w-]+)\.svg"[^>]*?/?>')
MENDS = [
    # a chapter's number stands above its title as a line of its own
    (re.compile(r'(<h1><span class="section-number">)([\d.]+?)\.?\s*</span>'), r"\1Chapter \2 </span>"),
    # the name of a folded cell is its visible text
    (re.compile(r'<summary aria-label="Toggle hidden content">'), "<summary>"),
    # a formula keeps the bracket before and the mark after it on its line
    (
        re.compile(r"(\(?<span class=\"math [^>]*>[^<]*</span>(?:[.,;:!?)\]]+|’[a-z]+)+)"),
        r'<span class="together">\1</span>',
    ),
    # a role that is no longer in use, in a list that must hold items
    (re.compile(r'role="doc-biblioentry"'), 'role="listitem"'),
]


def size_images(app, body):
    """Figures are drawn at twice the pixels they are shown in."""
    sources = {name: Path(app.srcdir) / source for source, name in app.builder.images.items()}

    def sized(match):
        if "width=" in match[0] or match["name"] not in sources:
            return match[0]
        with sources[match["name"]].open("rb") as file:
            width, height = struct.unpack(">II", file.read(24)[16:])
        return f'<img {match["head"]}src="{match["src"]}"{match["tail"]} width="{width // 2}" height="{height // 2}" />'

    return IMAGE.sub(sized, body)


def narrow_drawings(body):
    """A drawing that has a narrow version beside it (`system.svg`, `system_narrow.svg`) shows it on a phone."""

    def picture(match):
        narrow = f"{match['name']}_narrow.svg"
        if not (STATIC / narrow).exists():
            return match[0]
        source = f'<source media="(max-width: 600px)" srcset="{match["up"]}_static/{narrow}">'
        return f"<picture>{source}{match[0]}</picture>"

    return DRAWING.sub(picture, body)


def neighbours(app, pagename):
    """Titles and questions of the previous and the next page, for the links at the foot."""
    _, before, after = app.builder.relations.get(pagename, (None, None, None))
    return {
        f"{side}_question": app.env.metadata[name].get("question") if name else None
        for side, name in (("prev", before), ("next", after))
    }


def show_launch_as_link(context):
    """One launch button needs no menu."""
    buttons = context.get("header_buttons", [])
    for i, button in enumerate(buttons):
        if button.get("label") == "launch-buttons" and len(button["buttons"]) == 1:
            link = button["buttons"][0]
            buttons[i] = {"type": "link", "text": f"Open in {link['text']}", "url": link["url"], "label": "launch"}


def complete_page(app, pagename, templatename, context, doctree):
    context["logo_mark"] = "".join(re.findall(r"<(?:path|circle)[^>]*/>", (STATIC / "logo.svg").read_text()))
    context.update(neighbours(app, pagename))
    show_launch_as_link(context)
    if body := context.get("body"):
        body = narrow_drawings(size_images(app, body))
        for pattern, mended in MENDS:
            body = pattern.sub(mended, body)
        context["body"] = body


def setup(app):
    app.connect("html-page-context", complete_page, priority=900)
