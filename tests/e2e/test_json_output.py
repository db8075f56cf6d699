"""The output of `ws_local --json`, which programs read."""

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from tests.e2e.ws_local_stack import Stack, ask, eventually, listens


def test_standard_output_is_json_and_nothing_else(tmp_path: Path) -> None:
    stack = Stack(tmp_path / "room.sqlite3")
    stack.migrate()
    ports = ["--port", str(stack.port), "--django-port", str(stack.django_port)]
    process = subprocess.Popen(
        [sys.executable, "manage.py", "ws_local", "--json", "--verbose", *ports],
        cwd=stack.project,
        env=stack.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    printed: list[str] = []
    reader = threading.Thread(target=lambda: printed.extend(process.stdout or ()))
    reader.start()
    try:
        eventually(lambda: listens(stack.port) and listens(stack.django_port))
        with stack.connect() as client:
            ask(client, "say", {"text": "ho"})
        eventually(lambda: any("$disconnect" in line for line in printed))
    finally:
        process.terminate()
        process.wait(60)
        reader.join(30)
        assert process.stdout is not None
        process.stdout.close()
    lines: list[dict[str, Any]] = [json.loads(line) for line in printed]
    assert "Quit with CONTROL-C." in lines[0]["notice"]
    users = {line["route_key"]: line["user"] for line in lines if "route_key" in line}
    assert users == {"$connect": "ada", "say": "ada", "$disconnect": "ada"}
    [passed] = [line for line in lines if line.get("route_key") == "say"]
    assert json.loads(passed["received"])["payload"] == {"text": "ho"}
    assert json.loads(passed["sent"])["payload"]["text"] == "ho"
    assert passed["size"] == len(passed["received"])
