"""Prepares Django's development server for `ws_local`.

The server must reload when a broken `ws` module was repaired. Django watches the
modules that were imported, and the file in which an error was raised. A declaration
error is raised in a router's code, and the `ws` module that caused it was not imported.
"""

import logging
import os
from functools import partial
from pathlib import Path
from typing import Any

from django.apps import apps
from django.utils.autoreload import BaseReloader, autoreload_started

EVENTS_PATH_VARIABLE = "WSROUTER_EVENTS_PATH"
"""Environment variable that `ws_local` sets in the Django process that it starts: the
path to which it posts events."""


def filter_event_log() -> None:
    """Drop the development server's log lines about events that were answered 2xx:
    `ws_local` writes a line for every event."""
    if path := os.environ.get(EVENTS_PATH_VARIABLE):
        logging.getLogger("django.server").addFilter(partial(_is_logged, path))


def _is_logged(path: str, record: logging.LogRecord) -> bool:
    request_line, status = [*map(str, record.args or ()), "", ""][:2]
    target, _, _ = request_line.removeprefix("POST ").partition(" ")
    return target.partition("?")[0] != path or not status.startswith("2")


def watch_ws_modules() -> None:
    """Make the development server watch the `ws` modules of all apps.

    Call it when the app starts, before any `ws` module is imported: after an error in
    one Django pretends that no app is installed.
    """
    folders = [Path(config.path) for config in apps.get_app_configs()]

    def watch_folders(sender: BaseReloader, **_: Any) -> None:
        for folder in folders:
            sender.watch_dir(folder, "ws.py")
            sender.watch_dir(folder / "ws", "**/*.py")

    autoreload_started.connect(watch_folders, weak=False)
