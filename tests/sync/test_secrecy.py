"""The secret, old or new, is in no log, no error and nothing that is printed."""

import io
import json
import logging
from typing import Any

import pytest
from django.core.management import call_command

from tests.sync.bench import OTHER_SECRET, SECRET

SECRETS = (SECRET, OTHER_SECRET)


@pytest.fixture
def publish(settings: Any, ministack_url: str) -> Any:
    """Publish with a secret to MiniStack; what was printed."""

    def run(secret: str, *arguments: str) -> str:
        entry = {**settings.WSROUTER["default"], "API_NAME": "discreet"}
        settings.WSROUTER = {"default": {**entry, "SECRET": secret}}
        out, err = io.StringIO(), io.StringIO()
        where = ("--endpoint-url", ministack_url)
        call_command("ws_sync", *arguments, *where, stdout=out, stderr=err)
        return out.getvalue() + err.getvalue()

    return run


def test_debug_logs(publish: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        printed = publish(SECRET, "--no-input")
        printed += publish(OTHER_SECRET, "--plan", "--json")
        printed += publish(OTHER_SECRET, "--no-input")

    logged = [record.getMessage() for record in caplog.records]
    shown = [text for text in logged if "X-Wsrouter-Secret" in text]
    assert any("Making request" in text for text in shown)
    assert any("Response body" in text for text in shown)
    assert all("***" in text for text in shown)
    for secret in SECRETS:
        assert secret not in printed + "".join(logged)


def test_a_rotation_is_masked_in_json(publish: Any) -> None:
    publish(SECRET, "--no-input")
    changes = json.loads(publish(OTHER_SECRET, "--plan", "--json"))["changes"]

    fields = next(change for change in changes if change["resource"] == "integration")
    name = "request_parameters.integration.request.header.X-Wsrouter-Secret"
    assert fields["fields"] == {name: ["***", "***"]}
