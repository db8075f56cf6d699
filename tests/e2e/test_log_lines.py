"""The lines that `ws_local` prints, and those that it leaves out."""

import re
from contextlib import suppress
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from tests.e2e.ws_local_stack import Stack, ask, copied, eventually, running

HINT = "! room.ws has no `router`, so nothing in it is served"


def handlers(stack: Stack) -> Path:
    return stack.project / "room" / "ws.py"


def test_a_module_without_router_is_named_once(tmp_path: Path) -> None:
    stack = copied(tmp_path)
    code = handlers(stack).read_text()
    handlers(stack).write_text(re.sub(r"\brouter\b", "routes", code))
    with running(stack):
        eventually(lambda: HINT in stack.log)
        eventually(lambda: "Quit with CONTROL-C." in stack.log)
    assert stack.log.count(HINT) == 1
    assert stack.log.index(HINT) < stack.log.index("Quit with")


def test_a_project_below_a_url_prefix(tmp_path: Path) -> None:
    """A server in front of Django takes the prefix off; `runserver` does not."""
    stack = Stack(tmp_path / "room.sqlite3", variables={"ROOM_SCRIPT_NAME": "/below"})
    with running(stack):
        with stack.connect() as client:
            assert ask(client, "say", {"text": "ho"})["type"] == "reply"
        eventually(lambda: "  $disconnect  " in stack.log)
        assert f"Events are posted to http://127.0.0.1:{stack.django_port}/ws/" in (
            stack.log
        )
        assert "POST /ws/" not in stack.log


def test_an_event_has_one_line_and_no_second_one_by_django(tmp_path: Path) -> None:
    with running(Stack(tmp_path / "room.sqlite3")) as stack:
        with stack.connect(query="?ticket=none") as client:
            assert ask(client, "say", {"text": "ho"})["type"] == "reply"
        eventually(lambda: "  $disconnect  " in stack.log)
        assert '"GET /enter/ada/ HTTP/1.1" 200' in stack.log
        assert "POST /ws/" not in stack.log
        with suppress(HTTPError):  # has no secret, so it is refused and logged
            urlopen(f"http://127.0.0.1:{stack.django_port}/ws/", data=b"")
        eventually(lambda: '"POST /ws/ HTTP/1.1" 403' in stack.log)


def test_a_router_that_another_one_includes_is_served(tmp_path: Path) -> None:
    stack = copied(tmp_path)
    code = handlers(stack).read_text()
    inner = stack.project / "extra"
    inner.mkdir()
    (inner / "__init__.py").touch()
    (inner / "ws.py").write_text(
        "from wsrouter import Router\n\nextras = Router()\n\n\n"
        "@extras.route('extra')\ndef extra() -> str:\n    return 'more'\n"
    )
    declared = "router = Router()\n"
    more = "from extra.ws import extras\n\nrouter.include(extras)\n"
    handlers(stack).write_text(code.replace(declared, declared + more))
    settings = stack.project / "room" / "settings.py"
    settings.write_text(settings.read_text() + '\nINSTALLED_APPS.append("extra")\n')
    described = stack.manage("ws_local", "--describe")
    assert '"extra"' in described.stdout.splitlines()[-1]
    assert '"modules_without_router":[]' in described.stdout.splitlines()[-1]
