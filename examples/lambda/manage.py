"""Django's command-line utility, with the apps of the notifications example."""

import os
import sys
from pathlib import Path

NOTIFICATIONS = Path(__file__).resolve().parent.parent / "notifications"


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "serverless.settings")
    sys.path.append(str(NOTIFICATIONS))
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
