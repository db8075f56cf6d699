"""The digest that tells what a deployment holds."""

from dataclasses import replace
from typing import Any

import pytest

from tests.sync.bench import OTHER_SECRET, SECRET, a_gateway, a_spec
from tests.sync.test_options import CERTIFICATE
from wsrouter.catalog.snapshot import RouteEntry
from wsrouter.options import publishing
from wsrouter.sync.digest import Digest, digest
from wsrouter.sync.wanted import wanted_snapshot

GATEWAY = a_gateway(api_name="shop")


def of(*keys: str, **changes: Any) -> Digest:
    return digest(wanted_snapshot(replace(GATEWAY, **changes), a_spec(*keys)), kept={})


def test_the_description_is_read_back() -> None:
    description = str(of("a"))

    assert Digest.parse(description) == of("a")
    assert len(description) <= 1024


@pytest.mark.parametrize("text", ["", "by hand", "wsrouter config=1 secret=2"])
def test_other_descriptions(text: str) -> None:
    assert Digest.parse(text) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"endpoint": "https://new.example.com/"},
        {"timeout": 1.0},
        {"headers": {"Tenant": "context.authorizer.tenant"}},
        {"route_selection_expression": "$request.body.type"},
        {"reply_via": "connection"},
        {"default_route": False},
    ],
)
def test_changed_configuration(changes: dict[str, Any]) -> None:
    assert of("a", **changes).config != of("a").config
    assert of("a", **changes).secret == of("a").secret


def test_a_digest_of_before_there_was_the_choice_still_holds() -> None:
    known = "03e93f69f3cab127640a465d9e74ef69c799938bd2bc6ffba2ef7f418dfa30e3"
    given = {"NAME": "ws.example.com", "CERTIFICATE": CERTIFICATE}
    assert of("a").config == known
    assert of("a", domain=publishing.domain(given)).config == known
    alone = publishing.domain({**given, "DISABLE_EXECUTE_API_ENDPOINT": True})
    assert of("a", domain=alone).config != known


def test_changed_secret() -> None:
    assert of("a", secrets=(OTHER_SECRET,)).secret != of("a").secret
    assert of("a", secrets=(OTHER_SECRET,)).config == of("a").config


def test_the_secret_and_its_plain_hash_are_not_in_it() -> None:
    import hashlib

    text = str(of("a"))
    assert SECRET not in text
    for value in (SECRET, f"'{SECRET}'"):
        assert hashlib.sha256(value.encode()).hexdigest() not in text


def test_order_and_name_do_not_matter() -> None:
    assert of("a", "b") == of("b", "a")
    assert of("a", api_name="other", stage="beta") == of("a")
    assert of("a", tags={"x": "y", "z": "w"}) == of("a", tags={"z": "1", "x": "2"})


def test_the_keys_of_fifty_tags_fit_in() -> None:
    most = of("a", tags={f"key{number}": "x" for number in range(49)})

    assert len(str(most)) <= 1024
    assert Digest.parse(str(most)) == most
    assert most.has_tag("key48")
    assert not most.has_tag("wsrouter:gateway")


def test_a_kept_stale_route_counts_as_if_it_were_wanted() -> None:
    kept = {"b": RouteEntry(key="b", two_way=True)}

    assert digest(wanted_snapshot(GATEWAY, a_spec("a")), kept=kept) == of("a", "b")
