"""Explorable pages: their scripts load where a figure names them, and their question is known to the links at the foot.

A page holds `<div class="explore" data-explore="NAME">` with a still figure inside, which explore/NAME.js replaces.
`<div class="systems" data-systems>` holds a table that systems.js lets the reader sort and filter."""

import re

from docutils import nodes

FOLDER = "book/explore/"
ASKING = (FOLDER, "book/map")  # pages below whose title a question stands
FIGURE = re.compile(r'data-explore="(\w+)"')
ABOUT_FILMS = {"recommend", "map", "next_film", "codes"}  # they share a script and a style sheet
WITH_DATA = ABOUT_FILMS | {"fusion"}  # they unpack data by the same script
STYLED = {"fusion", "codes"}  # they have a style sheet of their own
MODELS = {"next_film": ["sasrec"], "codes": ["words"]}  # a model in a script of its own


def mark_question(app, doctree):
    if app.env.docname.startswith(ASKING) and (title := doctree.next_node(nodes.title)) is not None:
        question = title.next_node(nodes.paragraph, descend=False, siblings=True)
        question["classes"].append("chapter-question")
        app.env.metadata[app.env.docname]["question"] = question.astext()


def add_scripts(app, pagename, templatename, context, doctree):
    body = context.get("body", "")
    if "data-systems" in body:
        app.add_css_file("css/systems.css")
        app.add_js_file("systems.js", loading_method="defer")
    if names := FIGURE.findall(body):
        films = ["films"] if WITH_DATA & set(names) else []
        styles = ["films"] if ABOUT_FILMS & set(names) else []
        models = [model for name in names for model in MODELS.get(name, ())]
        for name in ("explore", *(f"explore_{name}" for name in [*styles, *sorted(STYLED & set(names))])):
            app.add_css_file(f"css/{name}.css")
        for name in ("formulas", "explore", *films, *models, *dict.fromkeys(names)):
            app.add_js_file(f"explore/{name}.js", loading_method="defer")


def setup(app):
    app.connect("doctree-read", mark_question)
    app.connect("html-page-context", add_scripts)
