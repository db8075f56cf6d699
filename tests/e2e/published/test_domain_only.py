"""`ws_local` for a gateway that is reached through its custom domain only."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.e2e.published.test_published import published
from tests.e2e.test_shell import announce
from tests.e2e.ws_local_stack import Stack, ask, copied, eventually, frame, running
from tests.ministack import ministack_url  # noqa: F401
from wsrouter.aws import clients

CERTIFICATE = "arn:aws:acm:eu-west-1:123456789012:certificate/1"


def with_domain(folder: Path, **more: object) -> Stack:
    stack = copied(folder)
    domain = {"NAME": "ws.example.com", "CERTIFICATE": CERTIFICATE, **more}
    settings = stack.project / "room" / "settings.py"
    line = f'\nWSROUTER["default"]["DOMAIN"] = {domain!r}\n'
    settings.write_text(settings.read_text() + line)
    return stack


@pytest.fixture(
    scope="module", params=[("", "refused"), ("chat", "works")], ids=["root", "key"]
)
def stack(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    key, value = request.param
    stack = with_domain(
        tmp_path_factory.mktemp("domain"),
        MAPPING_KEY=key,
        DISABLE_EXECUTE_API_ENDPOINT=True,
    )
    stack.path = f"/{key}".rstrip("/")
    with running(stack, "--aws", f"disabled-endpoint={value}") as one:
        yield one


def test_it_prints_every_address(stack: Stack) -> None:
    eventually(lambda: "Quit with CONTROL-C." in stack.log)
    lines = stack.log.splitlines()
    assert f"Clients connect to ws://127.0.0.1:{stack.port}{stack.path or '/'}" in lines
    assert f"@connections: http://127.0.0.1:{stack.port}{stack.path}" in lines
    assert f"Live traffic: http://127.0.0.1:{stack.port}/" in lines
    assert "endpoint is disabled: /production is refused" in stack.log


def test_clients_and_pushes_go_through_the_domain(stack: Stack) -> None:
    with stack.connect("ada") as client:
        reply = ask(client, "say", {"text": "ho"})
        assert reply["payload"] == {"text": "ho", "by": "ada"}
        assert stack.get("/announce/lunch/") == {"delivered": 1, "gone": 0}
        assert frame(client)["payload"] == {"text": "lunch"}


def test_a_shell_finds_the_sockets(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stack.connect() as client:
        assert announce(stack, monkeypatch) == [1, 0, 0]
        assert frame(client)["payload"] == {"text": "from a shell"}


def test_the_stage_s_own_path_is_refused(stack: Stack) -> None:
    cookie = {"Cookie": stack.get("/enter/ada/")["cookie"]}
    with pytest.raises(InvalidStatus, match="403"):
        connect(
            f"ws://127.0.0.1:{stack.port}/production",
            additional_headers=cookie,
            proxy=None,
        )


def test_an_endpoint_disabled_by_hand_without_a_domain_is_an_error(
    tmp_path: Path,
    ministack_url: str,  # noqa: F811
) -> None:
    stack = copied(tmp_path)
    api_id = published(stack, ministack_url)
    client = clients.client(
        "apigatewayv2", region="eu-west-1", endpoint_url=ministack_url
    )
    client.update_api(ApiId=api_id, DisableExecuteApiEndpoint=True)
    options = ("--api-id", api_id, "--endpoint-url", ministack_url)
    refused = stack.manage("ws_local", *options)
    assert refused.returncode == 1
    assert "no client can connect" in refused.stderr


def test_a_domain_beside_the_execute_api_host_changes_nothing(tmp_path: Path) -> None:
    described = with_domain(tmp_path, MAPPING_KEY="chat").manage(
        "ws_local", "--describe"
    )
    served = json.loads(described.stdout.splitlines()[-1])["snapshot"]
    assert served["api"]["disable_execute_api_endpoint"] is False
    assert served["domain"]["mapping_key"] == "chat"
