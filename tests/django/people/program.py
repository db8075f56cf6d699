"""Connects, sends and disconnects as an employee, with a database of its own for
sockets and a replica that never has anything. Prints what the handlers saw."""

import json
import sys
from datetime import UTC, datetime
from typing import Any

import django
from django.conf import settings

ASKED = "badge", "desk", "seen", "is_active"


class Placed:
    """People and sockets are written to `sockets` and read from `replica`."""

    def db_for_read(self, model: Any, **_: Any) -> str:
        return "replica"

    def db_for_write(self, model: Any, **_: Any) -> str:
        return "sockets"

    def allow_relation(self, *_: Any, **__: Any) -> bool:
        return True


def configure(folder: str) -> None:
    databases = {
        alias: {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": f"{folder}/{alias}.sqlite3",
        }
        for alias in ("default", "sockets", "replica")
    }
    settings.configure(
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "wsrouter",
            "tests.django.people",
        ],
        AUTH_USER_MODEL="people.Employee",
        DATABASES=databases,
        DATABASE_ROUTERS=["tests.django.people.program.Placed"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ="naive" not in sys.argv,
        SECRET_KEY="x",
    )
    django.setup()


def main() -> None:
    configure(sys.argv[1])
    from django.core.management import call_command
    from django.utils import timezone

    from tests.django.people.models import Employee
    from wsrouter.models import Membership, OpenConnection
    from wsrouter.registry.open_connections import ConnectionRegistry
    from wsrouter.routing.frame import EventType, Frame

    for alias in ("sockets", "replica"):
        call_command("migrate", database=alias, verbosity=0, run_syncdb=True)
    ada = Employee.objects.create(username="ada", badge={"floor": 3})
    now = timezone.now()
    for name, user in (("a=", ada), ("b=", None)):
        row = OpenConnection.objects.create(
            connection_id=name,
            user=user,
            gateway="default",
            state={"n": 1},
            connected_at=now,
            expires_at=now + timezone.timedelta(hours=1),
        )
        Membership.of(row, "g").save(using="sockets")
    seen = [reached(users=[ada.pk]), reached(users=[str(ada.pk)]), reached(groups="g")]
    for name in ("a=", "b="):
        frame = Frame(
            event_type=EventType.MESSAGE,
            connection_id=name,
            connected_at=datetime.now(UTC),
        )
        seen.append(told(ConnectionRegistry().find(frame)))
        gone = ConnectionRegistry().forget(name, "default")
        assert gone is not None
        seen.append(told(gone.connection))
        assert ConnectionRegistry().forget(name, "default") is None
    print(json.dumps(seen))  # noqa: T201


def reached(**chosen: Any) -> list[Any]:
    """The connections, and whether their young rows have an aware time."""
    from wsrouter.registry.recipients import StoredRecipients
    from wsrouter.routing.ports import Recipients

    names = {name: frozenset(values) for name, values in chosen.items()}
    (page,) = StoredRecipients().pages(Recipients(**names))
    now = datetime.now(UTC)
    return [
        (each.connection_id, (now - each.stored_at).total_seconds() < 60)
        for each in page
    ]


def told(connection: Any) -> list[Any]:
    user = connection.user
    about = [getattr(user, name, None) for name in ASKED]
    return [
        str(user),
        *about,
        type(user.pk).__name__,
        user.pk and user._state.db,
        dict(connection.state),
        connection.connected_at.tzinfo is not None,
        sorted(connection.groups),
    ]


if __name__ == "__main__":
    main()
