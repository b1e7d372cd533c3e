"""Serves MathJax from the site, leaves out what no page loads, and keeps launch buttons for a known address."""

import importlib
import shutil
from pathlib import Path

MATHJAX = [
    "startup.js",
    "core.js",
    "input/tex.js",
    "input/tex/extensions",  # fetched one by one when a formula needs them
    "output/chtml.js",
    "output/chtml/fonts",
    "a11y/assistive-mml.js",
]
UNUSED = ["locales", "scripts/*.map", "scripts/fontawesome.js*", "scripts/*.LICENSE.txt", "styles/*.map",
          "vendor/fontawesome/webfonts/*.ttf", "images/logo_*",
          "explore/stills"]  # fmt: skip


def drop_launch_buttons(app, config):
    """Without a repository the buttons would point nowhere."""
    if not config.html_theme_options.get("repository_url"):
        config.html_theme_options["launch_buttons"] = {}


def copy_and_prune(app, exception):
    if exception or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    source = Path(importlib.import_module("sphinx-mathjax-offline").__file__).parent / "static" / "mathjax"
    for name in MATHJAX:
        target = static / "mathjax" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (source / name).is_dir():
            shutil.copytree(source / name, target, dirs_exist_ok=True)
        else:
            shutil.copyfile(source / name, target)
    for pattern in UNUSED:
        for path in static.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def setup(app):
    app.connect("config-inited", drop_launch_buttons)
    app.connect("build-finished", copy_and_prune)
