"""What `python -m recsys_lib FILE` does: read, audit, split, compare, and write one page.

reading     a file → Interactions with an item table, and from which rating on a pair is a like
comparing   the split, the models, what each scored or why it could not be fitted, and one user's list
figures     pictures as SVG that fit any width and follow the page from light to dark
page        all of it as one HTML page that loads nothing from elsewhere
"""
