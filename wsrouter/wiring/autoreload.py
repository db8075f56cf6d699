"""Adapts Django's development server to `ws_local`: it reloads when a broken `ws`
module is repaired, and does not log what `ws_local` logs already.

Django watches the modules that were imported and the file in which an error was raised.
A declaration error is raised inside wsrouter, and the module that caused it was not
imported, so Django alone would not notice the repair.
"""

import logging
import os
from functools import partial
from pathlib import Path
from typing import Any

from django.apps import apps
from django.utils.autoreload import BaseReloader, autoreload_started

EVENTS_VARIABLE = "WSROUTER_EVENTS_PATH"
"""Set by `ws_local` in the Django process that it starts: the path it posts events to.
"""


def filter_server_log() -> None:
    """Drop the development server's lines for events that it answered with 2xx:
    `ws_local` logs a line for each of them."""
    if path := os.environ.get(EVENTS_VARIABLE):
        logging.getLogger("django.server").addFilter(partial(_is_to_be_logged, path))


def _is_to_be_logged(path: str, record: logging.LogRecord) -> bool:
    request, status = [*map(str, record.args or ()), "", ""][:2]
    target, _, _ = request.removeprefix("POST ").partition(" ")
    return target.partition("?")[0] != path or not status.startswith("2")


def watch() -> None:
    """Watch the `ws` modules of all apps. Call it before they are imported: when that
    fails, `runserver` empties Django's registry of apps."""
    folders = [Path(config.path) for config in apps.get_app_configs()]

    def watch_ws_modules(sender: BaseReloader, **_: Any) -> None:
        for folder in folders:
            sender.watch_dir(folder, "ws.py")
            sender.watch_dir(folder / "ws", "**/*.py")

    autoreload_started.connect(watch_ws_modules, weak=False)
