"""@connections of an account that is throttled."""

import json

import pytest

from tests.local.conftest import Start
from tests.local.recording_backend import RecordingBackend
from tests.local.test_connections_api import code, connection_id, plain
from wsrouter.local.rules.behaviour import Behaviour

BUSY = (429, "LimitExceededException")


def test_every_method_is_refused(backend: RecordingBackend, start: Start) -> None:
    gateway = start(behaviour=Behaviour(busy_posts=1.0))
    api = gateway.boto3()
    with gateway.connect() as client:
        name = {"ConnectionId": connection_id(backend)}
        assert code(api.post_to_connection, **name, Data=b"x") == BUSY
        assert code(api.get_connection, **name) == BUSY
        assert code(api.delete_connection, **name) == BUSY
        path = f"/production/@connections/{name['ConnectionId']}"
        assert json.loads(plain(gateway, "POST", path, body=b"x")[2]) == {
            "message": "Rate exceeded"
        }
        with pytest.raises(TimeoutError):
            client.recv(timeout=0.2)
    assert plain(gateway, "POST", path, headers={}, body=b"x")[0] == 403


def test_a_retry_succeeds(backend: RecordingBackend, start: Start) -> None:
    gateway = start(behaviour=Behaviour(busy_posts=0.5))
    sent = [str(number) for number in range(20)]
    with gateway.connect() as client:
        name = {"ConnectionId": connection_id(backend)}
        for text in sent:
            path = f"/production/@connections/{name['ConnectionId']}"
            while plain(gateway, "POST", path, body=text.encode())[0] != 200:
                pass
        assert [client.recv(timeout=30) for _ in sent] == sent
    refused = [e for e in gateway.entries if e.outcome.startswith("429 ")]
    assert refused
    assert all(entry.failed for entry in refused)
