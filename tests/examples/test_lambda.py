"""The example on AWS Lambda: MiniStack's Lambda, and its own WebSocket data plane.

`ws_local` has no part in it: MiniStack holds the sockets, invokes the function, and
serves the `@connections` that the function posts to.
"""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, build_opener

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.e2e.ws_local_stack import ask, eventually, frame
from tests.ministack import ministack_url  # noqa: F401
from wsrouter.aws import clients

EXAMPLE = Path(__file__).parents[2] / "examples" / "lambda"


@dataclass
class Deployed:
    """The function with its two APIs, as `deploy.py` has left them."""

    site: str
    socket: str
    api_id: str
    database: Path

    @property
    def origin(self) -> str:
        parts = urlsplit(self.site)
        return f"{parts.scheme}://{parts.netloc}"

    def session(self, name: str) -> str:
        """Log in at the page, through Mangum; the session's cookie."""
        jar = CookieJar()
        opener = build_opener(HTTPCookieProcessor(jar))
        opener.open(f"{self.site}/login/", timeout=60).close()
        [token] = [cookie.value for cookie in jar if cookie.name == "csrftoken"]
        form = {"username": name, "password": name, "csrfmiddlewaretoken": token}
        opener.addheaders.append(("Origin", self.origin))
        opener.open(f"{self.site}/login/", urlencode(form).encode(), timeout=60).close()
        [found] = [cookie.value for cookie in jar if cookie.name == "sessionid"]
        return f"sessionid={found}"

    def connect(self, cookie: str = "", **options: Any) -> ClientConnection:
        headers = {"Cookie": cookie} if cookie else {}
        return connect(
            self.socket, additional_headers=headers, open_timeout=60, **options
        )

    def open_connections(self) -> int:
        with closing(sqlite3.connect(self.database)) as database:
            rows = database.execute("SELECT COUNT(*) FROM wsrouter_openconnection")
            count: int = rows.fetchone()[0]
            return count


@pytest.fixture(scope="module")
def deployed(
    tmp_path_factory: pytest.TempPathFactory,
    ministack_url: str,  # noqa: F811
) -> Deployed:
    pytest.importorskip("mangum")
    database = tmp_path_factory.mktemp("lambda") / "db.sqlite3"
    command = [sys.executable, "deploy.py", "--endpoint-url", ministack_url]
    variables = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    done = subprocess.run(
        [*command, "--database", str(database)],
        cwd=EXAMPLE,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Deployed(**json.loads(done.stdout), database=database)


def test_what_ws_sync_has_published(
    deployed: Deployed,
    ministack_url: str,  # noqa: F811
) -> None:
    client = clients.client(
        "apigatewayv2", region="eu-west-1", endpoint_url=ministack_url
    )
    (integration,) = client.get_integrations(ApiId=deployed.api_id)["Items"]
    assert integration["IntegrationType"] == "AWS_PROXY"
    assert integration["IntegrationUri"].endswith(":notifications/invocations")
    assert integration["Description"] == "wsrouter:default"


def test_the_life_of_two_connections(deployed: Deployed) -> None:
    with pytest.raises(InvalidStatus):
        deployed.connect()
    cookie = deployed.session("demo")
    with pytest.raises(InvalidStatus):
        deployed.connect(cookie, origin="https://evil.example")
    with (
        deployed.connect(cookie, origin=deployed.origin) as demo,
        deployed.connect(deployed.session("ada")) as ada,
    ):
        assert deployed.open_connections() == 2
        answer = ask(demo, "notifications.list", {"limit": 5})
        assert answer == {
            "type": "reply",
            "action": "notifications.list",
            "id": "1",
            "payload": {"unread": 0, "notifications": []},
        }
        error = ask(demo, "notifications.list", {"limit": "many"})["error"]
        assert error["code"] == "invalid_payload"
        assert error["detail"][0]["loc"] == ["limit"]
        assert ask(demo, "no.such.route")["error"]["code"] == "unknown_route"

        # Posted before the reply: Lambda freezes the function with its answer.
        event = ask(ada, "news.publish", {"text": "Tea"})
        assert (event["type"], event["payload"]) == ("news.published", {"text": "Tea"})
        assert frame(ada) == {
            "type": "reply",
            "action": "news.publish",
            "id": "1",
            "payload": None,
        }
        assert frame(demo) == event
    eventually(lambda: deployed.open_connections() == 0)
