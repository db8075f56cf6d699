"""`manage.py ws_sync`, from inside of the test."""

import io

from django.core.management import call_command

from wsrouter.management.commands.ws_sync import Command


def run(*arguments: str) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("ws_sync", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def exit_code(*arguments: str) -> int:
    """The exit code of `manage.py ws_sync`."""
    try:
        Command().run_from_argv(["manage.py", "ws_sync", *arguments])
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0
