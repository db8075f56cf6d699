"""The complete requests of a connection, compared with files.

The `capture-*` files are requests that were captured from API Gateway, with wscat as
the client and no mapping. The `mapped-*` files contain the headers that this library
maps.
All headers must match, in any order. `<name>` stands for a value that varies but has
the right format.
"""

import re
from pathlib import Path

from tests.local.conftest import Start
from tests.local.recording_backend import RecordingBackend, Request
from tests.local.running_gateway import RunningGateway, snapshot

GOLDEN = Path(__file__).parent / "golden"
ID = r"[A-Za-z0-9_-]{15}="
FORMS = {
    "id": ID,
    "millis": r"\d{13}",
    "trace": r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}",
    "key": r"[A-Za-z0-9+/]{22}==",
    "host": r"127\.0\.0\.1:\d+",
}


def text(request: Request) -> str:
    """A request as it is sent, with its headers sorted."""
    headers = sorted(
        f"{name.lower()}: {value}".rstrip() for name, value in request.headers
    )
    head = "\n".join([f"{request.method} {request.target} HTTP/1.1", *headers])
    return f"{head}\n\n{request.body.decode()}".strip() + "\n"


def matches(request: Request, name: str) -> None:
    golden = (GOLDEN / f"{name}.http").read_text()
    pattern = re.escape(golden)
    for form, expression in FORMS.items():
        pattern = pattern.replace(re.escape(f"<{form}>"), expression)
    assert re.fullmatch(pattern, text(request)), f"{name}:\n{text(request)}"


EVENTS = ("connect", "message", "disconnect")


def test_the_requests_of_the_capture(backend: RecordingBackend, start: Start) -> None:
    gateway = start(snapshot(parameters={}))
    with gateway.connect(user_agent_header=None, compression="deflate") as client:
        client.send("{}")
        backend.wait_for_requests(2)
    requests = backend.wait_for_requests(3)
    for request, event in zip(requests, EVENTS, strict=True):
        matches(request, f"capture-{event}")


def test_the_requests_with_this_library_s_mapping(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    with gateway.connect(
        query="?ticket=a%20b&x=1",
        user_agent_header="Mozilla/5.0 (X11)",
        origin="https://www.example.com",
        subprotocols=["one", "two"],
        compression="deflate",
        additional_headers={"Cookie": "sessionid=1; theme=dark", "Ding": "dong"},
    ) as client:
        client.send('{"action": "orders.watch", "payload": {"order_id": 7}}')
        backend.wait_for_requests(2)
    requests = backend.wait_for_requests(3)
    for request, event in zip(requests, EVENTS, strict=True):
        matches(request, f"mapped-{event}")
