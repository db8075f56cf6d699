"""The settings that describe AWS resources: what they accept, and their errors."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from wsrouter import conf
from wsrouter.options.publishing import Throttle, domain

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:guard"
DOMAIN = {"NAME": "ws.example.com", "CERTIFICATE": ARN}
DISABLE = "DISABLE_EXECUTE_API_ENDPOINT"


def configured(settings: Any, **changes: Any) -> Any:
    settings.WSROUTER = {"default": changes}
    return conf.gateway()


def test_defaults(settings: Any) -> None:
    gateway = configured(settings)

    assert gateway.throttling is gateway.domain is gateway.authorizer is None
    assert gateway.access_log is None
    assert gateway.logging_level == "OFF"
    assert gateway.validate_at_gateway is False
    assert gateway.vpc_link == gateway.client_certificate == ""


def test_none_counts_as_unset(settings: Any) -> None:
    assert configured(settings, DOMAIN=None, VPC_LINK=None) == configured(settings)


def test_throttling(settings: Any) -> None:
    routes = {"a": {"RATE": 1, "BURST": 2}}
    found = configured(settings, THROTTLING={"RATE": 10, "BURST": 5, "ROUTES": routes})

    assert found.throttling.default == Throttle(rate=10.0, burst=5)
    assert found.throttling.routes == {"a": Throttle(rate=1.0, burst=2)}


def test_access_log_is_an_arn_or_more(settings: Any) -> None:
    short = configured(settings, ACCESS_LOG=f"{ARN}:*")
    long = configured(settings, ACCESS_LOG={"DESTINATION": ARN})

    assert short.access_log == long.access_log
    assert "$context.requestId" in short.access_log.format


def test_a_domain_stands_beside_the_execute_api_host_or_alone() -> None:
    both = domain(DOMAIN)
    alone = domain({**DOMAIN, "MAPPING_KEY": "a/b", DISABLE: True})

    assert not both.disable_execute_api_endpoint
    assert both.address == "ws.example.com"
    assert alone.disable_execute_api_endpoint
    assert alone.address == "ws.example.com/a/b"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("THROTTLING", {"RATE": 10}, r"\['THROTTLING'\] lacks BURST"),
        ("THROTTLING", {"RATE": 0, "BURST": 1}, "RATE.*above 0"),
        ("THROTTLING", {"RATE": True, "BURST": 1}, "RATE"),
        ("THROTTLING", {"RATE": float("inf"), "BURST": 1}, "RATE"),
        ("THROTTLING", {"RATE": 1, "BURST": 0.5}, "BURST.*whole number"),
        ("THROTTLING", {"ROUTES": []}, "ROUTES.*by route key"),
        ("THROTTLING", 5, "must be a dict with BURST, RATE, ROUTES"),
        ("ACCESS_LOG", "logs", "DESTINATION.*ARN"),
        ("ACCESS_LOG", {"DESTINATION": ARN, "FORMAT": "x"}, "requestId"),
        (
            "ACCESS_LOG",
            {"DESTINATION": ARN, "FORMAT": "$context.requestId" * 60},
            "1024",
        ),
        ("LOGGING_LEVEL", "DEBUG", "OFF, ERROR, INFO"),
        ("AUTHORIZER", {}, "lacks FUNCTION"),
        ("AUTHORIZER", {"FUNCTION": "guard"}, "FUNCTION.*ARN"),
        ("AUTHORIZER", {"FUNCTION": ARN, "IDENTITY": "token"}, "IDENTITY"),
        ("AUTHORIZER", {"FUNCTION": ARN, "IDENTITY": ["token"]}, "IDENTITY"),
        ("DOMAIN", {"NAME": "ws.example.com"}, "lacks CERTIFICATE"),
        ("DOMAIN", {**DOMAIN, "NAME": "https://x"}, "host name"),
        ("DOMAIN", {**DOMAIN, "MAPPING_KEY": "/chat"}, "without a slash at either end"),
        (
            "DOMAIN",
            {**DOMAIN, "PATH": "x", 7: "x"},
            f"takes no 'PATH' and no 7, only CERTIFICATE, {DISABLE}, MAPPING_KEY, NAME",
        ),
        ("DOMAIN", {**DOMAIN, DISABLE: "yes"}, f"{DISABLE}.*True or False, not 'yes'"),
        ("DOMAIN", {DISABLE: True}, "lacks CERTIFICATE and NAME"),
        ("VALIDATE_AT_GATEWAY", "all", "True, False or a list"),
        ("VPC_LINK", "a b", "must be an id"),
        ("CLIENT_CERTIFICATE", 7, "must be an id"),
    ],
)
def test_an_invalid_value_is_explained(
    settings: Any, name: str, value: Any, words: str
) -> None:
    with pytest.raises(ImproperlyConfigured, match=words):
        configured(settings, **{name: value})
