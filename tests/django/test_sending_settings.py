"""A wrong value of a setting that says how events are sent: a check names it, and so
does the first send."""

import re
from typing import Any

import pytest
from django.core.checks import run_checks

from tests.django.events import serving
from wsrouter import Router, conf
from wsrouter.conf import ConfigurationError
from wsrouter.options.gateway import Gateway

pytestmark = pytest.mark.django_db  # Django 6.1 checks models by a query

router = Router()
news = router.event("news", str)
WRONG: dict[str, tuple[str, list[Any]]] = {
    "POSTS_PER_SECOND": (
        "must be more than 0 and at most 1e+06",
        [0, -1, 1_000_001, float("nan"), float("inf"), True, "5000"],
    ),
    "SHARED_POSTS_PER_SECOND": (
        "must be more than 0 and at most 1e+06",
        [0, -1, 1_000_001, True, "10000"],
    ),
    "SHARED_CACHE": ("must be the name of a cache in CACHES", ["", 1, True, ["redis"]]),
    "PRESENCE_MEMBERS": (
        "must be a number from 1 to 1000",
        [0, -1, 1001, 100.0, True, "100"],
    ),
    "SEND_SECONDS": (
        "must be more than 0 and at most 25",
        [0, -0.5, 25.1, 29, float("nan"), False, "20", []],
    ),
    "SEND_RECIPIENTS": (
        "must be a number from 1 to 10000000",
        [0, -1, 10_000_001, 1000.0, True, "1000"],
    ),
    "SLICE_RECIPIENTS": (
        "must be a number from 1 to 10000000",
        [0, -1, 10_000_001, 1e3, True, "1000", {}],
    ),
    "IN_FLIGHT": (
        "must be a number from 1 to 1000",
        [0, -1, 1001, 10.0, True, "100"],
    ),
    "TRANSPORT": (
        "must be 'auto' or 'threads' or 'curl' or 'boto3' or a dotted path",
        [
            "",
            "Curl",
            "pycurl",
            "a.",
            ".b",
            "a b.c",
            "fast",
            "default",
            1,
            True,
            ["curl"],
        ],
    ),
    "BACKGROUND": (
        "must be 'celery' or 'tasks'",
        ["", "Celery", "rq", 1, True, ["celery"]],
    ),
}
LIMITS: dict[str, list[Any]] = {
    "POSTS_PER_SECOND": [0.5, 1, 5000, 1_000_000],
    "SHARED_POSTS_PER_SECOND": [0.5, 10_000, 1_000_000],
    "SHARED_CACHE": ["default", "redis"],
    "PRESENCE_MEMBERS": [1, 1000],
    "SEND_SECONDS": [0.1, 1, 25, 25.0],
    "SEND_RECIPIENTS": [1, 10_000_000],
    "SLICE_RECIPIENTS": [1, 10_000_000],
    "IN_FLIGHT": [1, 1000],
    "TRANSPORT": ["auto", "threads", "curl", "boto3", "shop.relay.Relay"],
    "BACKGROUND": ["celery", "tasks"],
}


def each(values: dict[str, list[Any]]) -> list[Any]:
    return [
        pytest.param(name, value, id=f"{name}={value!r}")
        for name, found in values.items()
        for value in found
    ]


@pytest.mark.parametrize(
    ("name", "value"), each({name: values for name, (_, values) in WRONG.items()})
)
def test_a_wrong_value_is_named(name: str, value: Any) -> None:
    said = f"WSROUTER['default']['{name}'] {WRONG[name][0]}, not {value!r}."
    with serving(router, **{name: value}):
        (message,) = [m for m in run_checks() if (m.id or "").startswith("wsrouter")]
        assert (message.id, said in message.msg) == ("wsrouter.E001", True), message
        with pytest.raises(ConfigurationError, match=re.escape(said)):
            news.send("x", everyone=True)


@pytest.mark.parametrize(("name", "value"), each(LIMITS))
def test_what_is_allowed_is_taken_as_it_is(name: str, value: Any) -> None:
    with serving(router, **{name: value}):
        assert getattr(conf.gateway(), name.lower()) == value


@pytest.mark.parametrize("name", LIMITS)
def test_none_is_the_default(name: str) -> None:
    with serving(router, **{name: None}):
        found = getattr(conf.gateway(), name.lower())
    assert found == getattr(Gateway(alias="default"), name.lower())
