"""The management endpoint of a gateway that is not the default one."""

import pytest
from django.test import override_settings

from wsrouter import conf

GATEWAYS = {"default": {"API_NAME": "shop"}, "admin-eu.1": {"API_NAME": "admin"}}


@override_settings(WSROUTER=GATEWAYS)
def test_each_gateway_has_its_own_management_endpoint(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WSROUTER_MANAGEMENT_ENDPOINT", "http://127.0.0.1:1/a")
    monkeypatch.setenv(
        "WSROUTER_MANAGEMENT_ENDPOINT_ADMIN_EU_1", "http://127.0.0.1:2/b"
    )
    conf.gateways.cache_clear()
    assert conf.gateway("default").management_endpoint == "http://127.0.0.1:1/a"
    assert conf.gateway("admin-eu.1").management_endpoint == "http://127.0.0.1:2/b"
    conf.gateways.cache_clear()
