"""How the documentation is built: `sphinx-build -W docs docs/_build`."""

import os
import sys
from pathlib import Path

os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parent))

import docstrings
import pages
from docutils import nodes
from latex2mathml.converter import convert

import segmentclient

project = "segmentclient"
author = "The segmentclient developers"
copyright = f"2026, {author}"
version = release = segmentclient.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_copybutton",
]
exclude_patterns = ["_build", "_templates"]
templates_path = ["_templates"]
myst_enable_extensions = ["amsmath", "colon_fence", "dollarmath"]
myst_heading_anchors = 3
myst_update_mathjax = False
html_math_renderer = "mathml"
autosummary_generate = True
autodoc_typehints = "none"
numpydoc_show_class_members = False
default_role = "py:obj"
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

html_theme = "pydata_sphinx_theme"
html_title = "segmentclient"
html_theme_options = {
    "navbar_align": "left",
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
}
html_context = {"default_mode": "auto"}


def describe(app, what, name, obj, options, lines):
    """Put the short forms of a docstring as numpydoc reads them."""
    lines[:] = docstrings.spell_out(lines)


def written_as(display):
    """Write formulas as MathML, which browsers show by themselves: the pages load no script from anywhere."""

    def visit(translator, node):
        formula = convert(node.astext(), display=display)
        translator.body.append(
            f'<div style="margin: 1em 0; overflow-x: auto">{formula}</div>' if display == "block" else formula
        )
        raise nodes.SkipNode

    return visit, None


def setup(app):
    """Write the generated pages before Sphinx reads anything."""
    pages.write_all(pictures=True)
    app.add_html_math_renderer("mathml", written_as("inline"), written_as("block"))
    app.connect("autodoc-process-docstring", describe, priority=100)
