"""Reads the plain Markdown of chapters: question, objectives, times, the three kinds of box, exercises.

Notebooks hold no directive, so that GitHub and Colab show them as meant; the forms are

    # Title                          first paragraph below: the question, shown also in previous/next
    35 min to read · 40 s to run · needs …        the line may stand anywhere in the head
    You will be able to …            followed by a list
    > **Trap.** …                    also **By hand.** and **In production.**
    ### Exercise …, Now you: …      up to the next heading of the same level; or any heading below ## Exercises
"""

import re

from docutils import nodes

BOXES = {"trap": "trap", "by hand": "by-hand", "in production": "in-production"}
TIMES = re.compile(r"\d+ min.*\d+ s|^needs\b", re.I | re.S)
HOME = re.compile(r"^this chapter in the book\b", re.I)  # for Colab and GitHub; here it would link to itself
OBJECTIVES = re.compile(r"^you will be able to", re.I)


def is_notebook(env, docname):
    return env.doc2path(docname).endswith(".ipynb")


def style_chapter(app, doctree):
    style_boxes(doctree)
    style_exercises(doctree)
    env = app.env
    if is_notebook(env, env.docname) and (title_section := doctree.next_node(nodes.section)) is not None:
        head = style_head(title_section)
        if head is not None:
            env.metadata[env.docname]["question"] = head
        fold_bootstrap(doctree)


def style_head(section):
    """Marks question, times and objectives; times go straight below the question. Returns the question's text."""
    head = []
    for node in section.children[1:]:
        if isinstance(node, nodes.section) or node.get("nb_element"):
            break
        head.append(node)
    question = next((node for node in head if isinstance(node, nodes.paragraph)), None)
    if question is None:
        return None
    question["classes"].append("chapter-question")
    times = [p for p in head if isinstance(p, nodes.paragraph) and p is not question
             and TIMES.search(p.astext())]  # fmt: skip
    for paragraph in reversed(times):
        paragraph["classes"].append("chapter-times")
        section.remove(paragraph)
        section.insert(section.index(question) + 1, paragraph)
    for paragraph in head:
        if HOME.match(paragraph.astext()):
            section.remove(paragraph)
    for lead, after in zip(head, head[1:], strict=False):
        if OBJECTIVES.match(lead.astext()) and isinstance(after, nodes.bullet_list | nodes.enumerated_list):
            box = nodes.container(classes=["chapter-objectives"])
            section.replace(lead, box)
            section.remove(after)
            box += [lead, after]
    return question.astext()


def fold_bootstrap(doctree):
    """Folds the first code cell: it matters in Colab, not to a reader."""
    for cell in doctree.findall(nodes.container):
        if cell.get("nb_element") == "cell_code":
            cell["hide_mode"] = "all"
            cell["prompt_show"] = cell["prompt_hide"] = "Set-up, for Colab"
            return


def style_boxes(doctree):
    for quote in list(doctree.findall(nodes.block_quote)):
        lead = quote.next_node(nodes.paragraph)
        strong = next((node for node in lead or () if node.astext()), None)  # MyST puts an empty text first
        kind = BOXES.get(strong.astext().rstrip(".:").lower()) if isinstance(strong, nodes.strong) else None
        if kind:
            box = nodes.container(classes=["box", f"box-{kind}"])
            box += quote.children
            strong["classes"].append("box-title")
            quote.replace_self(box)


def style_exercises(doctree):
    for section in doctree.findall(nodes.section):
        kind = re.match(r"exercises?\b|now you:", section.next_node(nodes.title).astext(), re.I)
        if kind:
            below = [part for part in section if isinstance(part, nodes.section)]
            for exercise in below if kind[0].lower() == "exercises" else [section]:
                exercise["classes"].append("exercise")
    for cell in doctree.findall(nodes.container):
        if "tag_solution" in cell["classes"]:
            cell["prompt_show"] = cell["prompt_hide"] = "Solution"


def setup(app):
    app.connect("doctree-read", style_chapter)
