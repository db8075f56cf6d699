"""boto3 clients: how many there are, and what they are made with."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import NoRegionError, ProfileNotFound

from wsrouter.aws import clients

LOCAL = "http://127.0.0.1:9/"


def a_client(**arguments: Any) -> Any:
    return clients.client("apigatewayv2", **arguments)


def test_one_client_for_each_place() -> None:
    first = a_client(region="eu-west-1")

    assert a_client(region="eu-west-1") is first
    assert a_client(region="eu-central-1") is not first
    assert a_client(region="eu-west-1", endpoint_url=LOCAL) is not first
    assert a_client(region="eu-west-1", config={"read_timeout": 1}) is not first
    assert clients.client("sts", region="eu-west-1") is not first


def test_threads_share_it() -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: a_client(region="eu-west-1"), range(32)))

    assert len({id(client) for client in made}) == 1


def test_a_forked_process_makes_its_own() -> None:
    """Also when it was forked while another thread was making one."""
    script = f"""
import os, sys
from wsrouter.aws import clients
first = clients.client("apigatewayv2", region="eu-west-1", endpoint_url={LOCAL!r})
with clients._lock:
    child = os.fork()
    if child == 0:
        second = clients.client(
            "apigatewayv2", region="eu-west-1", endpoint_url={LOCAL!r}
        )
        os._exit(int(second is first))
_, status = os.waitpid(child, 0)
sys.exit(os.waitstatus_to_exitcode(status))
"""
    finished = subprocess.run([sys.executable, "-c", script], timeout=60, check=False)
    assert finished.returncode == 0


def test_boto3_is_imported_with_the_first_client() -> None:
    script = """
import sys
import wsrouter.aws.clients, wsrouter.aws.control.control_plane, wsrouter.aws.endpoints
wsrouter.aws.control.control_plane.ApiGatewayControlPlane(region="eu-west-1")
sys.exit(any(name.split(".")[0] in ("boto3", "botocore") for name in sys.modules))
"""
    finished = subprocess.run([sys.executable, "-c", script], timeout=60, check=False)
    assert finished.returncode == 0


def test_timeouts_and_no_retries_of_its_own() -> None:
    config = a_client(region="eu-west-1").meta.config

    assert (config.connect_timeout, config.read_timeout) == (5, 20)
    assert config.retries["total_max_attempts"] == 1


def test_own_configuration() -> None:
    own = {"max_pool_connections": 50, "read_timeout": 3}
    config = a_client(region="eu-west-1", config=own).meta.config

    assert (config.max_pool_connections, config.read_timeout) == (50, 3)
    assert config.connect_timeout == 5


def credentials(client: Any) -> Any:
    return client._request_signer._credentials


@pytest.mark.parametrize(
    "url", [LOCAL, "http://localhost:1", "http://[::1]:1", "http://abc.localhost:1"]
)
def test_placeholders_on_this_machine(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        pytest.fail("the metadata service was called")

    monkeypatch.setattr("botocore.utils.IMDSFetcher._get_request", fail)
    monkeypatch.setattr("botocore.utils.IMDSFetcher._fetch_metadata_token", fail)
    client = a_client(endpoint_url=url)

    assert credentials(client).access_key == clients.PLACEHOLDER
    assert client.meta.region_name == clients.PLACEHOLDER_REGION


def test_no_proxy_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example.com:3128")
    client = a_client(endpoint_url=LOCAL)

    assert not client._endpoint.http_session._proxy_config.proxy_url_for(LOCAL)


def test_configured_credentials_are_used_on_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "mine")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "mine")

    assert credentials(a_client(endpoint_url=LOCAL)).access_key == "mine"


def test_no_placeholders_for_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    assert credentials(a_client(region="eu-west-1")) is None


def test_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(os.environ["AWS_CONFIG_FILE"]).write_text(
        "[profile shop]\nregion = eu-north-1\n"
        "aws_access_key_id = shop\naws_secret_access_key = x\n"
    )
    client = a_client(profile="shop")

    assert client.meta.region_name == clients.region_of("shop") == "eu-north-1"
    assert credentials(client).access_key == "shop"


def test_unknown_profile() -> None:
    with pytest.raises(ProfileNotFound):
        a_client(profile="unknown", region="eu-west-1")


def test_no_region() -> None:
    with pytest.raises(NoRegionError):
        a_client()
    assert clients.region_of() == ""
