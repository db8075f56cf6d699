"""The `@connections` adapter against a small server that answers as AWS does."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.aws.management_api_server import Server
from wsrouter import conf
from wsrouter.aws import clients
from wsrouter.aws.posts import keepalive, transports
from wsrouter.aws.posts.management_api import Boto3Connections
from wsrouter.aws.posts.targets import endpoint_of
from wsrouter.aws.posts.threads import ThreadedConnections
from wsrouter.delivery.ports import PostResult, PostStatus, StageAddress
from wsrouter.errors import ConnectionGone, DeliveryFailed
from wsrouter.options.gateway import Gateway
from wsrouter.options.publishing import DomainOption
from wsrouter.routing.ports import Address


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    clients.forget()
    keepalive.forget()
    server.shutdown()
    thread.join()
    server.server_close()


KINDS = {"threads": ThreadedConnections, "boto3": Boto3Connections}
kind = "threads"


@pytest.fixture(params=KINDS, autouse=True)
def _kind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every test runs with each of the transports."""
    global kind
    before, kind = kind, request.param
    yield
    kind = before


def connections(url: str, **options: Any) -> Boto3Connections:
    gateway = Gateway(alias="default", management_endpoint=url, **options)
    return KINDS[kind](lambda: {"default": gateway})


def address(connection_id: str = "Ab-_cDEFGhIjKlM=", **more: str) -> Address:
    return Address(connection_id=connection_id, gateway="default", **more)


@pytest.mark.parametrize(
    "connection_id", ["R0oXAdfD0kwCH6w=", "-_0XAdfD0kwCH6w=", "a+b/c=="]
)
def test_what_is_posted(server: Server, connection_id: str) -> None:
    frame = '{"type":"ü"}'.encode()
    posted = connections(server.url).post(address(connection_id), frame)
    assert posted == PostResult(PostStatus.DELIVERED)
    ((method, path, body, headers),) = server.seen
    encoded = connection_id.replace("=", "%3D").replace("+", "%2B").replace("/", "%2F")
    assert (method, path) == ("POST", f"/production/@connections/{encoded}")
    assert body == frame
    assert "/execute-api/aws4_request" in headers["authorization"]


@pytest.mark.parametrize(
    ("answer", "posted"),
    [
        ("gone", PostResult(PostStatus.GONE, "gone")),
        ("large", PostResult(PostStatus.FAILED, "PayloadTooLargeException")),
        (
            "slow",
            PostResult(PostStatus.FAILED, "LimitExceededException", retryable=True),
        ),
        ("broken", PostResult(PostStatus.FAILED, "500", retryable=True)),
        ("malformed", PostResult(PostStatus.FAILED, "BadRequestException")),
        ("stage", PostResult(PostStatus.FAILED, "NotFoundException")),
    ],
)
def test_what_is_answered(server: Server, answer: str, posted: PostResult) -> None:
    server.answer = answer
    assert connections(server.url).post(address(), b"x") == posted
    assert len(server.seen) == 1, "A transport does not repeat a post; the send does."


@pytest.mark.parametrize("answer", ["forbidden", "denied"])
def test_what_is_forbidden_is_not_tried_again(server: Server, answer: str) -> None:
    server.answer = answer
    posted = connections(server.url).post(address(), b"x")
    assert (posted.status, posted.reason, posted.retryable) == (
        PostStatus.FAILED,
        "forbidden",
        False,
    )
    assert "execute-api:ManageConnections" in posted.stage_error


def test_no_server_listens() -> None:
    adapter = connections("http://127.0.0.1:1/production")
    posted = adapter.post(address(), b"x")
    names = {"threads": "ConnectionRefusedError", "boto3": "EndpointConnectionError"}
    assert posted == PostResult(PostStatus.FAILED, names[kind], retryable=True)
    for act in (adapter.close, adapter.info):
        with pytest.raises(DeliveryFailed, match="Ab-_cDEFGhIjKlM="):
            act(address())


def test_close(server: Server) -> None:
    connections(server.url).close(address())
    assert server.seen[0][:2] == (
        "DELETE",
        "/production/@connections/Ab-_cDEFGhIjKlM%3D",
    )
    server.answer = "gone"
    connections(server.url).close(address())
    server.answer = "forbidden"
    with pytest.raises(DeliveryFailed, match="did not close") as raised:
        connections(server.url).close(address())
    assert raised.value.__cause__ is not None


def test_info(server: Server) -> None:
    known = connections(server.url).info(address())
    assert set(known) == {"identity", "connectedAt", "lastActiveAt"}
    assert known["identity"] == {"sourceIp": "203.0.113.9", "userAgent": "x"}
    assert known["connectedAt"].isoformat() == "2020-11-15T12:23:14.726000+00:00"
    server.answer = "gone"
    with pytest.raises(ConnectionGone):
        connections(server.url).info(address())
    server.answer = "slow"
    with pytest.raises(DeliveryFailed, match="did not describe"):
        connections(server.url).info(address())


@pytest.mark.parametrize("act", ["close", "info"])
def test_closing_and_asking_wait_while_aws_is_busy(server: Server, act: str) -> None:
    call = getattr(connections(server.url), act)
    server.first = ["slow"] * 3
    call(address())
    assert len(server.seen) == 4
    server.first = ["slow"] * 4
    with pytest.raises(DeliveryFailed, match="LimitExceeded"):
        call(address())
    server.seen.clear()
    server.first = ["broken"]
    with pytest.raises(DeliveryFailed):
        call(address())
    assert len(server.seen) == 1


def test_a_gateway_that_is_no_longer_configured() -> None:
    adapter = KINDS[kind](dict)
    posted = adapter.post(address(), b"x")
    assert (posted.status, posted.reason) == (PostStatus.FAILED, "NoGateway")
    assert "no gateway 'default'" in posted.stage_error
    with pytest.raises(DeliveryFailed, match="no gateway 'default'"):
        adapter.close(address())


def test_the_address_of_the_connection_counts_before_the_settings() -> None:
    options = {"api_id": "set", "region": "cn-north-1", "stage": "live"}
    gateway = Gateway(alias="default", **options)
    assert [
        endpoint_of(gateway, StageAddress("default", *own))
        for own in ((), ("own", "test"))
    ] == [
        "https://set.execute-api.cn-north-1.amazonaws.com.cn/live",
        "https://own.execute-api.cn-north-1.amazonaws.com.cn/test",
    ]


EXECUTE_API_DISABLED: dict[str, Any] = {
    "name": "ws.example.com",
    "certificate": "",
    "disable_execute_api_endpoint": True,
}


@pytest.mark.parametrize(
    ("key", "place", "url"),
    [
        ("", (), "https://ws.example.com"),
        ("chat", ("own", "live"), "https://ws.example.com/chat"),
        ("chat", ("local08001", "live"), "http://127.0.0.1:8001/chat"),
        ("", ("local08001", "live"), "http://127.0.0.1:8001"),
        ("chat", ("local08001", "test"), "http://127.0.0.1:8001/test"),
    ],
)
def test_where_only_the_domain_leads_there(
    key: str, place: tuple[str, ...], url: str
) -> None:
    """No stage is in its path, and to other stages it does not lead."""
    domain = DomainOption(**EXECUTE_API_DISABLED, mapping_key=key)
    gateway = Gateway(alias="default", stage="live", domain=domain)
    assert endpoint_of(gateway, StageAddress("default", *place)) == url


@pytest.mark.parametrize("place", [("former", "live"), ("set", "test")])
def test_the_domain_is_not_asked_for_sockets_that_are_not_behind_it(
    place: tuple[str, str],
) -> None:
    """It would answer that they are gone."""
    options = {"api_id": "set", "region": "eu-west-1", "stage": "live"}
    domain = DomainOption(**EXECUTE_API_DISABLED)
    gateway = Gateway(alias="default", domain=domain, **options)
    host = f"{place[0]}.execute-api.eu-west-1.amazonaws.com"
    assert (
        endpoint_of(gateway, StageAddress("default", *place))
        == f"https://{host}/{place[1]}"
    )


def test_threads_post_at_once(server: Server) -> None:
    adapter = connections(server.url)
    before = threading.Barrier(8)

    def post(number: int) -> PostResult:
        before.wait(5)
        return adapter.post(address(f"{number}A="), b"x")

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(post, range(8))) == {PostResult(PostStatus.DELIVERED)}
    assert len(server.seen) == 8


def test_connections_are_kept(server: Server) -> None:
    adapter = connections(server.url)
    for _ in range(3):
        adapter.post(address(), b"x")
    assert len(server.seen) == 3
    assert len(set(server.peers)) == 1


def test_a_kept_connection_that_the_server_closed_is_replaced(server: Server) -> None:
    if kind == "boto3":
        pytest.skip("boto3 reports an error, and the send retries.")
    adapter = connections(server.url)
    server.hangs_up = True
    for _ in range(3):
        assert adapter.post(address(), b"x") == PostResult(PostStatus.DELIVERED)
    assert len(set(server.peers)) == 3


FORKING = """
import os, sys
from wsrouter.aws import clients
from wsrouter.aws.posts.transports import transport
from wsrouter.routing.ports import Address
from wsrouter.options.gateway import Gateway
gateway = Gateway(alias="default", management_endpoint=sys.argv[2])
adapter = transport(sys.argv[1], lambda: {"default": gateway})
address = Address(connection_id="A1=", gateway="default")
print(adapter.post(address, b"parent").status.value, flush=True)
clients._lock.acquire()  # as if another thread made a client at this moment
child = os.fork()
if child == 0:
    print(adapter.post(address, b"child").status.value, flush=True)
    os._exit(0)
clients._lock.release()
os.waitpid(child, 0)
print(adapter.post(address, b"parent").status.value)
"""


def test_a_forked_process_shares_no_connection(server: Server) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORKING, kind, server.url],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.stdout.split() == ["delivered"] * 3, done.stderr
    assert [request[2] for request in server.seen] == [b"parent", b"child", b"parent"]
    parent, child, again = server.peers
    assert parent == again != child


def test_boto3_is_imported_with_the_first_client() -> None:
    code = (
        "import sys, wsrouter.aws.posts.management_api\n"
        "print([name for name in ('boto3', 'botocore') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_transport_of_a_project_is_this_one() -> None:
    from wsrouter.wiring import outgoing

    expected = transports.transport("auto", conf.gateways)
    assert type(outgoing.transport()) is type(expected)
