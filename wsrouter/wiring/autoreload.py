"""Makes the development server a good neighbour of `ws_local`.

It must notice that a broken `ws` module was mended. Django watches the modules that
were imported, and the file in which an error was raised; a declaration error is raised
in a router, and its module was not imported.
"""

import logging
import os
from functools import partial
from pathlib import Path
from typing import Any

from django.apps import apps
from django.utils.autoreload import BaseReloader, autoreload_started

EVENTS_VARIABLE = "WSROUTER_EVENTS_PATH"
"""Set by `ws_local` in the Django process that it starts: where it posts events."""


def hush() -> None:
    """`ws_local` has a line for every event, so the development server says nothing
    about those that it answers as it should."""
    if path := os.environ.get(EVENTS_VARIABLE):
        logging.getLogger("django.server").addFilter(partial(_is_news, path))


def _is_news(path: str, record: logging.LogRecord) -> bool:
    request, status = [*map(str, record.args or ()), "", ""][:2]
    asked, _, _ = request.removeprefix("POST ").partition(" ")
    return asked.partition("?")[0] != path or not status.startswith("2")


def watch() -> None:
    """Called when the app starts, before any `ws` module is imported: after an error
    there Django pretends that no app is installed."""
    folders = [Path(config.path) for config in apps.get_app_configs()]

    def watch_ws_modules(sender: BaseReloader, **_: Any) -> None:
        for folder in folders:
            sender.watch_dir(folder, "ws.py")
            sender.watch_dir(folder / "ws", "**/*.py")

    autoreload_started.connect(watch_ws_modules, weak=False)
