"""Lets the development server notice that a broken `ws` module was mended.

Django watches the modules that were imported, and the file in which an error was
raised. A declaration error is raised in a router, and its module was not imported.
"""

from pathlib import Path
from typing import Any

from django.apps import apps
from django.utils.autoreload import BaseReloader, autoreload_started


def watch() -> None:
    """Called when the app starts, before any `ws` module is imported: after an error
    there Django pretends that no app is installed."""
    folders = [Path(config.path) for config in apps.get_app_configs()]

    def watch_ws_modules(sender: BaseReloader, **_: Any) -> None:
        for folder in folders:
            sender.watch_dir(folder, "ws.py")
            sender.watch_dir(folder / "ws", "**/*.py")

    autoreload_started.connect(watch_ws_modules, weak=False)
