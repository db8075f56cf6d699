"""`manage.py ws_export asyncapi|typescript`, with and without `--check`."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from tests.django.events import serving
from tests.documents.test_asyncapi import shop
from wsrouter import Router
from wsrouter.documents.json_text import json_text


def export(*arguments: Any) -> str:
    out = StringIO()
    call_command("ws_export", *map(str, arguments), stdout=out)
    return out.getvalue()


def failure(*arguments: Any) -> CommandError:
    with pytest.raises(CommandError) as failed:
        export(*arguments)
    return failed.value


def changed() -> Router:
    router = shop()
    (place, _) = router.routes
    router.routes.remove(place)
    router.event("orders.sent", int)
    return router


@pytest.mark.parametrize("kind", ["asyncapi", "typescript"])
def test_a_file_is_up_to_date_until_the_code_changes(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "made"
    with serving(shop()):
        file.write_text(export(kind))
        assert export(kind, "--check", file) == f"{file} is up to date.\n"
    with serving(changed()):
        stale = failure(kind, "--check", file)
    assert stale.returncode == 2
    assert str(stale).endswith(f"write it anew: manage.py ws_export {kind} > {file}")


def test_what_differs_in_a_document(tmp_path: Path) -> None:
    file = tmp_path / "asyncapi.json"
    with serving(shop()):
        file.write_text(export("asyncapi"))
    with serving(changed()):
        stale = failure("asyncapi", "--check", file)
    assert str(stale).splitlines()[:2] == [
        "BREAKING orders.place: the route is gone",
        "orders.sent: the event is new",
    ]


def test_what_differs_in_types(tmp_path: Path) -> None:
    file = tmp_path / "shop.d.ts"
    with serving(shop()):
        file.write_text(export("typescript"))
    with serving(changed()):
        lines = str(failure("typescript", "--check", file)).splitlines()
    assert '+  "orders.sent": number;' in lines
    assert '-  "orders.place": {' in lines


def test_a_file_that_was_formatted_is_up_to_date(tmp_path: Path) -> None:
    file = tmp_path / "asyncapi.json"
    with serving(shop()):
        file.write_text(json.dumps(json.loads(export("asyncapi"))))
        assert "up to date" in export("asyncapi", "--check", file)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b"{", b'{"operations": 7}', b"\xff"]
)
def test_a_file_that_is_something_else(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "asyncapi.json"
    file.write_bytes(content)
    with serving(shop()):
        for kind in ("asyncapi", "typescript"):
            failed = failure(kind, "--check", file)
            assert failed.returncode == 2
            assert "stale" not in str(failed)


def test_a_file_of_the_other_kind_is_not_called_stale(tmp_path: Path) -> None:
    """Nobody is told to overwrite it, and its lines are not listed."""
    file = tmp_path / "made"
    with serving(shop()):
        file.write_text(export("asyncapi"))
        failed = failure("typescript", "--check", file)
    assert str(failed) == (
        f"{file} is nothing that ws_export typescript has made. If it may be"
        f" overwritten: manage.py ws_export typescript > {file}"
    )


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    file = tmp_path / "none"
    with serving(shop()):
        failed = failure("asyncapi", "--check", file)
    assert failed.returncode == 2
    command = f"manage.py ws_export asyncapi > {file}"
    assert str(failed) == f"{file} is not there; write it: {command}"


def test_documents_alone_can_be_checked(tmp_path: Path) -> None:
    with serving(shop()):
        failed = failure("terraform", "--check", tmp_path / "main.tf.json")
    assert str(failed) == "--check takes asyncapi and typescript, not terraform."


def test_a_gateway_that_is_not_there() -> None:
    with serving(shop()):
        assert "no gateway 'x'" in str(failure("asyncapi", "--gateway", "x"))


def test_the_document_is_that_of_the_view(client: Any) -> None:
    with serving(shop(), DOCS="public"):
        served = client.get("/ws/asyncapi.json").content.decode()
        assert export("asyncapi") == served
        assert served == json_text(json.loads(served))


def test_a_file_is_the_same_with_debug_and_without(tmp_path: Path) -> None:
    """A laptop writes it, and the CI checks it."""
    file = tmp_path / "asyncapi.json"
    with serving(shop()):
        with override_settings(DEBUG=True):
            file.write_text(export("asyncapi"))
        assert export("asyncapi", "--check", file) == f"{file} is up to date.\n"
