"""Lets `bibliography.md#key` resolve: MyST checks fragments of links against headings only."""

from sphinxcontrib.bibtex.domain import BibtexDomain


def register_bibliography(app, env):
    domain = env.get_domain("cite")
    assert isinstance(domain, BibtexDomain)
    for citation in domain.citations:
        slugs = env.metadata[citation.bibliography_key.docname].setdefault("myst_slugs", {})
        # line, id of the target, text of a link that has none of its own
        slugs.setdefault(citation.citation_id, (0, citation.citation_id, citation.key))


def setup(app):
    app.connect("env-updated", register_bibliography)
