"""Makes a database with two users and their rooms, and runs the chat until Ctrl-C.

Options are those of `ws_local`, such as `--port` and `--django-port`.
"""

import argparse
import os
import sys
from pathlib import Path

import django
from django.core.management import call_command

ROOMS = {"kitchen": ("ada", "bob"), "secrets": ("ada",), "tea": ("ada", "bob")}
LINES = {"ada": "The kettle is on.", "bob": "Earl Grey for me, please."}
SAID = """
A chat with two users: ada, whose password is ada, and bob, whose password is bob.
1. Open http://127.0.0.1:{port}/ and log in as ada.
2. Open it in a private window as well, and log in as bob.
What the local API Gateway and Django print follows. Ctrl-C ends them.
"""


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    django.setup()
    call_command("migrate", verbosity=0)
    add_data()
    parser = argparse.ArgumentParser(allow_abbrev=False, add_help=False)
    parser.add_argument("--django-port", default="8000")
    print(SAID.format(port=parser.parse_known_args()[0].django_port), flush=True)
    os.chdir(Path(__file__).parent)
    os.execv(sys.executable, [sys.executable, "manage.py", "ws_local", *sys.argv[1:]])


def add_data() -> None:
    from chat.models import Room
    from django.contrib.auth.models import User

    if Room.objects.exists():
        return
    users = {name: User.objects.create_user(name, password=name) for name in LINES}
    for name, members in ROOMS.items():
        room = Room.objects.create(name=name)
        room.members.set([users[member] for member in members])
    for name, text in LINES.items():
        users[name].line_set.create(room=room, text=text)


if __name__ == "__main__":
    main()
