"""Which transport the setting TRANSPORT makes, and what is wrong with a dotted path."""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest

from tests.delivery.test_deliver import Scripted
from wsrouter.aws.posts import transports
from wsrouter.aws.posts.management_api import Boto3Connections
from wsrouter.aws.posts.threads import ThreadedConnections
from wsrouter.aws.posts.transports import InvalidTransport, transport
from wsrouter.errors import MissingExtra
from wsrouter.options.gateway import Gateway

Gateways = Callable[[], Mapping[str, Gateway]]
HERE = __name__
number = 7


class Recorded(Scripted):
    def __init__(self, gateways: Gateways, *, in_flight: int) -> None:
        super().__init__()
        self.arguments = gateways, in_flight


def made(gateways: Gateways, *, in_flight: int) -> Scripted:
    return Recorded(gateways, in_flight=in_flight)


def failing(gateways: Gateways, *, in_flight: int) -> Scripted:
    raise RuntimeError("no relay")


def unready(gateways: Gateways, *, in_flight: int) -> Scripted:
    raise MissingExtra("Install the relay.")


class Incomplete:
    def __init__(self, gateways: Gateways, *, in_flight: int) -> None: ...

    def post(self) -> None: ...

    info = "not a method"


def no_gateways() -> dict[str, Gateway]:
    return {}


def test_the_built_in_names() -> None:
    assert type(transport("threads", no_gateways)) is ThreadedConnections
    assert type(transport("boto3", no_gateways)) is Boto3Connections


def test_curl() -> None:
    pytest.importorskip("pycurl")
    from wsrouter.aws.posts.curl import CurlConnections

    assert type(transport("curl", no_gateways)) is CurlConnections


def test_auto_is_curl_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pycurl")
    from wsrouter.aws.posts.curl import CurlConnections

    assert Gateway(alias="default").transport == "auto"
    assert type(transport("auto", no_gateways)) is CurlConnections
    monkeypatch.setattr("wsrouter.aws.posts.transports.import_module", without_pycurl)
    assert type(transport("auto", no_gateways)) is ThreadedConnections


def without_pycurl(name: str) -> Any:
    if name.endswith("pycurl_extra"):
        raise MissingExtra("Install it.")
    return import_module(name)


@pytest.mark.parametrize("is_patched", [False, True])
def test_auto_is_not_curl_under_gevent(
    is_patched: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """libcurl waits for its sockets without letting another greenlet run."""
    monkey = SimpleNamespace(is_module_patched=lambda name: is_patched)
    monkeypatch.setitem(sys.modules, "gevent.monkey", monkey)
    monkeypatch.setattr(transports, "_has_pycurl", lambda: True)
    assert transports.chosen_for("auto") == ("threads" if is_patched else "curl")
    assert transports.chosen_for("curl") == "curl"


@pytest.mark.parametrize("name", ["Recorded", "made"])
@pytest.mark.parametrize(("in_flight", "given"), [(0, 100), (7, 7)])
def test_a_dotted_path_is_called_with_the_arguments_of_the_others(
    name: str, in_flight: int, given: int
) -> None:
    found: Any = transport(f"{HERE}.{name}", no_gateways, in_flight=in_flight)
    assert isinstance(found, Recorded)
    assert found.arguments == (no_gateways, given)


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("no_such_module.Relay", "cannot be imported: No module named"),
        (f"{HERE}.Missing", f"cannot be imported: module '{HERE}' has no attribute"),
        (f"{HERE}.number", "is neither a class nor a function"),
        (f"{HERE}.failing", "failed: RuntimeError: no relay"),
        ("builtins.len", "failed: TypeError: "),
        (
            f"{HERE}.Incomplete",
            "makes no transport: Incomplete has no method post_all, close, info.",
        ),
    ],
)
def test_a_path_that_makes_no_transport(path: str, problem: str) -> None:
    with pytest.raises(InvalidTransport) as raised:
        transport(path, no_gateways)
    assert str(raised.value).startswith(f"TRANSPORT {path!r} {problem}")


def test_a_missing_extra_of_a_transport_is_named() -> None:
    with pytest.raises(MissingExtra, match="Install the relay"):
        transport(f"{HERE}.unready", no_gateways)
