"""What the API id of a local gateway tells."""

import pytest

from wsrouter.aws.posts.targets import endpoint_of
from wsrouter.delivery.ports import StageAddress
from wsrouter.options.gateway import Gateway
from wsrouter.wire import local_address


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_it_has_ten_characters_and_the_port(host: str) -> None:
    api_id = local_address.api_id(host, 8001)
    assert api_id == "local08001"
    found = local_address.management_endpoint(api_id, "beta")
    assert found == "http://127.0.0.1:8001/beta"


@pytest.mark.parametrize("api_id", ["a1b2c3d4e5", "local1234", "locals0001", ""])
def test_an_api_of_aws_is_not_here(api_id: str) -> None:
    assert local_address.management_endpoint(api_id, "production") is None


def test_from_another_host_it_is_not_reached_without_a_setting() -> None:
    api_id = local_address.api_id("192.168.1.2", 8001)
    with pytest.raises(
        local_address.NotFoundLocally, match="WSROUTER_MANAGEMENT_ENDPOINT"
    ):
        endpoint_of(
            Gateway(alias="default"), StageAddress("default", api_id, "production")
        )
    gateway = Gateway(alias="default", management_endpoint="http://192.168.1.2:8001/x")
    found = endpoint_of(gateway, StageAddress("default", api_id, "production"))
    assert found == "http://192.168.1.2:8001/x"
