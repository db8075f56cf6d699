"""The types in the repository are those of the handlers."""

from io import StringIO
from pathlib import Path

from django.core.management import call_command

TYPES = Path(__file__).parents[1] / "static" / "chat" / "socket.d.ts"


def test_the_types_are_up_to_date() -> None:
    call_command("ws_export", "typescript", check=TYPES, stdout=StringIO())
