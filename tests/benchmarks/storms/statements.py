"""How many statements a handshake costs."""

from collections.abc import Sequence
from typing import Any

from tests.benchmarks.storms import clients
from tests.benchmarks.storms.clients import Client
from tests.benchmarks.storms.variants import Variant


def of(variant: Variant, some: Sequence[Client]) -> int:
    """Of the second of three handshakes: the first may fill what is remembered."""
    from django.test import Client as Browser
    from django.test import override_settings

    from tests.benchmarks.site.variants import counted

    engine = f"django.contrib.sessions.backends.{variant.sessions}"
    clients.reset()
    with override_settings(SESSION_ENGINE=engine):
        browser = Browser()
        _connect(browser, variant, some[0])
        with counted() as seen:
            _connect(browser, variant, some[1])
    return len(seen)


def _connect(browser: Any, variant: Variant, client: Client) -> None:
    path, headers = variant.handshake(client, "few")
    headers["Content-Length"] = "0"
    answer = browser.post(path, b"", content_type="x/y", headers=headers)
    assert answer.status_code == 200, (variant.name, answer.content)
