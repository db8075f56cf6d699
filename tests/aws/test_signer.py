"""Signatures equal botocore's, for any body, connection and key."""

from datetime import UTC, datetime, timedelta
from string import ascii_letters, digits
from typing import Any
from unittest import mock
from urllib.parse import quote

import botocore.auth
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import RefreshableCredentials
from hypothesis import given
from hypothesis import strategies as st

from wsrouter.aws import clients
from wsrouter.aws.posts import targets
from wsrouter.aws.posts.signer import Credentials, Signer, encoded
from wsrouter.aws.posts.targets import Broadcast, PostTarget
from wsrouter.delivery.ports import StageAddress
from wsrouter.options.gateway import Gateway

WORD = st.text(ascii_letters + digits + "-_.~", min_size=1, max_size=20).filter(
    lambda text: set(text) != {"."}
)
IDS = st.text(ascii_letters + digits + "-_=+/", min_size=1, max_size=24)
HOSTS = st.sampled_from(
    [
        ("https", "abc123defg.execute-api.eu-west-1.amazonaws.com", 443),
        ("https", "abc123defg.execute-api.cn-north-1.amazonaws.com.cn", 443),
        ("https", "ws.example.com", 443),
        ("https", "ws.example.com", 8443),
        ("http", "127.0.0.1", 8001),
        ("http", "localhost", 80),
    ]
)
PATHS = st.one_of(
    st.just(""),
    WORD.map("/{}".format),
    st.tuples(WORD, WORD).map("/{0[0]}/{0[1]}".format),
)
KEYS = st.builds(
    Credentials,
    access_key=st.text(ascii_letters + digits, min_size=16, max_size=20),
    secret_key=st.text(ascii_letters + digits + "/+", min_size=1, max_size=40),
    token=st.none() | st.text(ascii_letters + digits + "/+=", min_size=1, max_size=60),
)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1))  # noqa: DTZ001


def clock(at: datetime) -> Any:
    """Sets the time of botocore's signatures. botocore has a function for it only since
    1.40."""
    if hasattr(botocore.auth, "get_current_datetime"):
        return mock.patch.object(botocore.auth, "get_current_datetime", return_value=at)
    old = mock.Mock(**{"datetime.utcnow.return_value": at})
    return mock.patch.object(botocore.auth, "datetime", old)


def signed_by_botocore(
    signer: Signer, url: str, data: bytes, key: Any, **when: Any
) -> Any:
    """The headers that botocore gives the same request."""
    request = AWSRequest(method="POST", url=url, data=data)
    with clock(when["at"]):
        SigV4Auth(key, "execute-api", when["region"]).add_auth(request)
    return {name.lower(): value for name, value in request.headers.items()}


@given(
    host=HOSTS,
    path=PATHS,
    ids=st.lists(IDS, min_size=1, max_size=3),
    data=st.binary(max_size=200),
    key=KEYS,
    at=MOMENTS,
    region=st.sampled_from(["eu-west-1", "us-east-1", "cn-north-1"]),
)
def test_a_signature_equals_botocores(
    host: tuple[str, str, int],
    path: str,
    ids: list[str],
    data: bytes,
    key: Credentials,
    at: datetime,
    region: str,
) -> None:
    scheme, name, port = host
    target = PostTarget(
        scheme=scheme, host=name, port=port, path=path, region=region, credentials=None
    )
    signer = Signer(
        key, host=target.authority, path=path, region=region, data=data, at=at
    )
    for connection_id in ids:
        url = f"{target.url}{signer.path(connection_id)}"
        expected = signed_by_botocore(signer, url, data, key, at=at, region=region)
        assert signer.authorization(connection_id) == expected["authorization"]
        assert signer.headers["x-amz-date"] == expected["x-amz-date"]
        assert signer.headers.get("x-amz-security-token") == expected.get(
            "x-amz-security-token"
        )


@given(st.text() | IDS)
def test_any_id_is_encoded_as_urllib_does(text: str) -> None:
    assert encoded(text) == quote(text, safe="")


def test_the_path_is_encoded_once() -> None:
    key = Credentials("AKID", "secret")
    signer = Signer(key, host="h", path="/live", region="r", data=b"")
    assert signer.path("a-_=+/") == "/live/@connections/" + quote("a-_=+/", safe="")


def test_refreshed_credentials_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key of a role, for example, changes while the send goes on."""
    keys = iter(["FIRST", "SECOND", "THIRD"])
    ends = datetime.now(UTC) + timedelta(minutes=1)

    def fetch() -> dict[str, str]:
        return {
            "access_key": next(keys),
            "secret_key": "secret",
            "token": "token",
            "expiry_time": ends.isoformat(),
        }

    found = RefreshableCredentials.create_from_metadata(fetch(), fetch, "a role")
    monkeypatch.setattr(clients, "credentials", lambda *_, **__: found)
    monkeypatch.setattr(targets, "SIGNER_SECONDS", -1)
    gateway = Gateway(alias="default", api_id="a", region="eu-west-1")
    broadcast = Broadcast(b"x", lambda: {"default": gateway})
    used = [
        broadcast.target_and_signer(StageAddress("default"))[1].authorization("A=")
        for _ in range(2)
    ]
    assert ["Credential=SECOND/" in used[0], "Credential=THIRD/" in used[1]] == [
        True
    ] * 2


def test_a_signer_is_made_once_for_many_posts() -> None:
    gateway = Gateway(alias="default", management_endpoint="http://127.0.0.1:1/live")
    broadcast, place = (
        Broadcast(b"x", lambda: {"default": gateway}),
        StageAddress("default"),
    )
    first = broadcast.target_and_signer(place)
    assert first == broadcast.target_and_signer(place)
    assert clients.PLACEHOLDER in first[1].authorization("A=")


def test_without_credentials_nothing_is_posted_to_aws() -> None:
    gateway = Gateway(alias="default", api_id="a", region="eu-west-1")
    with (
        mock.patch.object(clients, "credentials", return_value=None),
        pytest.raises(targets.NoCredentials),
    ):
        targets.target(gateway, StageAddress("default"))
