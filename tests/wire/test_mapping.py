"""The one list of headers, as `ws_sync` publishes it."""

import re

from wsrouter.wire import mapping

TARGET = "integration.request.header.X-Wsrouter-"


def test_request_parameters() -> None:
    published = mapping.request_parameters(
        alias="eu", secret="s3", extra={"Tenant": "context.authorizer.tenant"}
    )
    assert published[f"{TARGET}Secret"] == "'s3'"
    assert published[f"{TARGET}Gateway"] == "'eu'"
    assert published[f"{TARGET}Connection-Id"] == "context.connectionId"
    assert published[f"{TARGET}Principal-Id"] == "'-'"
    assert published[f"{TARGET}Tenant"] == "context.authorizer.tenant"
    assert len(published) == len(mapping.HEADERS) + 3


def test_every_source_is_one_that_aws_has() -> None:
    published = mapping.request_parameters(alias="eu", secret="s3")
    for source in published.values():
        assert re.fullmatch(r"context\.[a-zA-Z.]+|'[^']+'", source)


def test_what_aws_may_refuse_is_marked() -> None:
    assert {
        f"{TARGET}Disconnect-Code",
        f"{TARGET}Disconnect-Reason",
    } == mapping.OPTIONAL_TARGETS
    assert set(mapping.request_parameters(alias="a", secret="b")) >= (
        mapping.OPTIONAL_TARGETS
    )


def test_names_survive_a_server_that_drops_underscores() -> None:
    for header in mapping.HEADERS.values():
        assert "_" not in header.name
        assert header.environ_key == mapping.environ_key(f"X-Wsrouter-{header.name}")
