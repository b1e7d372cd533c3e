"""What the site needs beyond Jupyter Book: heads, boxes, claims, tables, anchors, search, explorables, assets."""

from book_ext import anchors, assets, chapters, explore, glossary, outputs, pages


def setup(app):
    for part in (anchors, assets, chapters, explore, glossary, outputs, pages):
        part.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
