"""The search finds an entry of the glossary by its English words and by its Chinese one, and opens at its place."""

import re

from docutils import nodes
from sphinx import addnodes

PAGE = "book/glossary"
CHINESE = re.compile(r"\(([^)]*[\u4e00-\u9fff][^)]*)\)")


def words_of(term, text):
    """What an entry is searched by: the term, each of its longer words, the Chinese in brackets before its text."""
    found = CHINESE.match(text)
    chinese = re.split(r"[,;、，；]\s*", found[1]) if found else []
    return [term, *re.findall(r"[\w@-]{4,}", term), *chinese]


def index_terms(app, doctree):
    if app.env.docname != PAGE:
        return
    for section in list(doctree.findall(nodes.section))[1:]:  # the first is the page
        term, first = section.next_node(nodes.title).astext(), section.next_node(nodes.paragraph).astext()
        entries = [("single", words, section["ids"][0], "main", None) for words in words_of(term, first)]
        section.insert(1, addnodes.index(entries=entries))


def setup(app):
    app.connect("doctree-read", index_terms)
