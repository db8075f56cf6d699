"""What went wrong is shown as a failure, although the HTTP status is 200."""

from tests.local.conftest import Start
from tests.local.recording_backend import RecordingBackend, Response, wait_until
from tests.local.running_gateway import RunningGateway, snapshot
from tests.local.test_connections_api import connection_id
from wsrouter.local.journal import Entry

ERROR = b'{"type":"error","action":"x","error":{"code":"not_found"}}'


def entry_of(gateway: RunningGateway, route_key: str) -> Entry:
    def entries() -> list[Entry]:
        return [entry for entry in gateway.entries if entry.route_key == route_key]

    wait_until(lambda: bool(entries()))
    return entries()[-1]


def test_an_error_frame_is_a_failure_with_its_code(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    with gateway.connect() as client:
        backend.respond = lambda request: Response(body=ERROR)
        client.send("{}")
        assert client.recv(timeout=30) == ERROR.decode()
    entry = entry_of(gateway, "$default")
    assert entry.outcome == f"200 error not_found, {len(ERROR)} bytes"
    assert entry.failed


def test_an_error_frame_that_is_posted_is_one_too(
    backend: RecordingBackend, start: Start
) -> None:
    gateway = start(snapshot("$connect", "$default", two_way=False))
    with gateway.connect():
        name = connection_id(backend)
        gateway.socket(name)
        gateway.boto3().post_to_connection(ConnectionId=name, Data=ERROR)
    entry = entry_of(gateway, "@connections POST")
    assert (entry.outcome, entry.failed) == ("200 error not_found", True)


def test_a_disconnect_that_fails_is_one(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    with gateway.connect():
        backend.respond = lambda request: Response(status=500)
    entry = entry_of(gateway, "$disconnect")
    assert (entry.outcome, entry.failed) == ("closed 1000, answered with 500", True)
