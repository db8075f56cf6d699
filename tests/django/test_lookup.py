"""The lean statements: whatever the user model, the router and the database."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.django.events import Gateway, serving
from wsrouter import Connection, Router
from wsrouter.models import Membership, OpenConnection
from wsrouter.registry import compiled_lookup

ROOT = Path(__file__).parents[2]
router = Router()
ended: list[list[Any]] = []


@router.connect
def opened(connection: Connection) -> None:
    connection.join("b")
    connection.join("a")


@router.disconnect
def closed(connection: Connection) -> None:
    about = [connection.id, str(connection.user), connection.state]
    ended.append([*about, sorted(connection.groups)])


@pytest.mark.parametrize("zone", ["aware", "naive"])
def test_other_users_and_several_databases(zone: str, tmp_path: Path) -> None:
    """Always the primary, the user by its own `from_db`, in its own database."""
    command = [sys.executable, "-m", "tests.django.people.program", str(tmp_path), zone]
    *reached, ada, ada_gone, nobody, nobody_gone = json.loads(
        subprocess.check_output(command, cwd=ROOT, text=True)
    )
    first, second = ["a=", True], ["b=", True]
    assert reached == [[first], [first], [first, second]], "by key, text and group"
    about = [
        {"floor": 3},
        "B7%!",
        "by from_db",
        True,
        "UUID",
        "sockets",
        {"n": 1},
        True,
    ]
    assert ada == ["ada", *about, ["g"]]
    assert ada_gone == ada
    about = [None, None, None, False, "NoneType", None, {"n": 1}, True]
    assert nobody == ["AnonymousUser", *about, ["g"]]
    assert nobody_gone == nobody


@pytest.mark.database
@pytest.mark.django_db
@pytest.mark.parametrize("is_told", [True, False])
def test_a_database_that_does_not_tell_what_it_deletes(
    is_told: bool, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled_lookup, "can_delete_returning", lambda _: is_told)
    ended.clear()
    with serving(router):
        gateway = Gateway()
        gateway.connect(user)
        for _ in range(2):
            assert gateway.disconnect().status_code == 200
    assert ended == [[gateway.id, "ada", {}, ["a", "b"]]]
    assert not OpenConnection.objects.exists()
    assert not Membership.objects.exists()
