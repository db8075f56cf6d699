"""How many statements the begin and the end of a connection cost, ours by table."""

from typing import Any

from django.test import Client

from tests.benchmarks.site import people, variants

OPENED = "HJ1_Zv-00000002="


def of_a_life() -> dict[str, dict[str, int]]:
    """`$connect` with a session, then `$disconnect`."""
    from django.contrib.auth.models import User

    client = Client()
    client.force_login(User.objects.get())
    return {
        event: _cost(client, event, key)
        for event, key in (("CONNECT", "$connect"), ("DISCONNECT", "$disconnect"))
    }


def _cost(client: Any, event: str, key: str) -> dict[str, int]:
    headers = people.headers(key, OPENED, event)
    with variants.counted() as seen:
        response = client.post("/ws/", data=b"", headers=headers, content_type="x/y")
    assert response.status_code == 200, (response.status_code, response.content)
    ours = [sql for sql in seen if "wsrouter_" in sql]
    return {"all": len(seen), "ours": len(ours)}
