"""The file of a saved plan."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from django.core.management.base import CommandError


def write(path: Path, text: str) -> None:
    """Write a file that only its owner can read (mode 0600), completely or not at all.

    Raises CommandError.
    """
    if path.exists() and not path.is_file():
        raise CommandError(f"{path} is not a file, so no plan can be saved there.")
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)
    except OSError as error:
        with suppress(OSError):
            Path(name).unlink()
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from error


def read(path: Path) -> str:
    """The text of the file; raises CommandError."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{path} is not a plan that ws_sync saved.") from error
