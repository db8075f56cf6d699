"""Builds these pages as a site: `nox -s docs`. On GitHub they read as they are."""

import sys
from pathlib import Path

from sphinx.application import Sphinx

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "_sphinx"), str(HERE.parent)]

import api_pages
import empty_corners
import inventories
import navigation
import repository_links
import scrolling

import wsrouter

project = "wsrouter"
author = "The wsrouter contributors"
project_copyright = author
release = version = wsrouter.__version__
language = "en"
html_title = f"wsrouter {release}"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.intersphinx"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 4
suppress_warnings = ["misc.highlighting_failure"]  # of TSX, which Pygments half knows

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
nitpicky = True
# Parameters of types, and what the package keeps to itself.
nitpick_ignore_regex = [
    ("py:.*", r"(.*[.~])?[A-Z]"),
    ("py:.*", r"wsrouter\.\w+\..*|wsrouter.groups.Chosen|.*\[.*"),
    ("py:.*", "(Tracer|Meter)Provider"),  # of OpenTelemetry, imported for types only
]
intersphinx_mapping = inventories.mapping()
linkcheck_ignore = [
    r"https?://(127\.0\.0\.1|localhost|www\.example\.com)",
    repository_links.REPOSITORY,  # is checked as files, by tests/test_docs.py
]
html_theme = "furo"


def setup(app: Sphinx) -> None:
    api_pages.configure_django()
    app.connect("builder-inited", api_pages.write)
    app.connect("source-read", api_pages.link_names)
    app.connect("source-read", navigation.append)
    app.connect("source-read", repository_links.rewrite)
    app.connect("html-page-context", scrolling.make_focusable)
    app.connect("html-page-context", empty_corners.make_plain)
