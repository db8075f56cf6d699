"""`ws_local` serves a published API that has a route of another integration."""

from pathlib import Path

import boto3

from tests.e2e.published.test_published import destroyed, published, reload_until
from tests.e2e.ws_local_stack import Stack, ask, copied, eventually, running
from tests.ministack import ministack_url  # noqa: F401


def share(api_id: str, url: str, key: str, uri: str) -> None:
    """Add a route with an integration that wsrouter does not manage."""
    client = boto3.client(
        "apigatewayv2",
        endpoint_url=url,
        region_name="eu-west-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    made = client.create_integration(
        ApiId=api_id,
        IntegrationType="HTTP_PROXY",
        IntegrationMethod="POST",
        IntegrationUri=uri,
    )
    client.create_route(
        ApiId=api_id,
        RouteKey=key,
        RouteResponseSelectionExpression="$default",
        Target=f"integrations/{made['IntegrationId']}",
    )


def test_routes_that_destroy_leaves_are_served(
    tmp_path: Path,
    ministack_url: str,  # noqa: F811
) -> None:
    stack = with_api_name(copied(tmp_path), "shared")
    api_id = published(stack, ministack_url)
    share(api_id, ministack_url, "theirs", "https://theirs.example.com/")
    share(api_id, ministack_url, "beside", "https://room.example.com/beside/")
    serving = running(stack, "--api-id", api_id, "--endpoint-url", ministack_url)
    with serving, stack.connect("ada") as client:
        assert ask(client, "say", {"text": "ho"})["type"] == "reply"
        destroyed(stack, ministack_url)
        reload_until(stack, "- route say\n")
        assert "! route say is not published" in stack.log
        assert "cannot be reloaded" not in stack.log
        assert ask(client, "say", {"text": "ho"})["message"] == "Forbidden"
        assert ask(client, "theirs")["message"] == "Internal server error"
        client.send('{"action": "beside"}')  # MiniStack hides that it is two-way
        eventually(lambda: "200, one-way" in stack.log)
        assert '"POST /beside/ HTTP/1.1" 200' in stack.log
        with stack.connect("eve") as other:  # without $connect no client is refused
            assert ask(other, "say")["message"] == "Forbidden"
        assert stack.get("/announce/lunch/") == {"delivered": 1, "gone": 0}
        assert client.recv(timeout=30)
        published(stack, ministack_url)
        reload_until(stack, "+ route say\n")
        assert ask(client, "say", {"text": "ho"})["type"] == "reply"
    eventually(lambda: not stack.processes())


def with_api_name(stack: Stack, name: str) -> Stack:
    """Give the stack an API of its own."""
    settings = stack.project / "room" / "settings.py"
    line = f'\nWSROUTER["default"]["API_NAME"] = "{name}"\n'
    settings.write_text(settings.read_text() + line)
    return stack
