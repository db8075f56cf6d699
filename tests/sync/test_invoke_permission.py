"""Which statements of a function's policy let API Gateway invoke it."""

import json
from typing import Any

import pytest

from tests.simulated_aws.functions import MemoryFunctions
from tests.sync.bench import Bench
from tests.sync.test_lambda import OTHER, SHOP, changes
from tests.sync.test_options import assert_quiet


@pytest.fixture
def published(memory: Bench) -> Bench:
    memory.functions = MemoryFunctions(SHOP, OTHER)
    memory.change(lambda_function=SHOP)
    memory.run()
    return memory


FOREIGN: dict[str, dict[str, Any]] = {
    "any API": {"Condition": {}},
    "this API, by its account": {
        "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:execute-api:*:1:{api}/*"}}
    },
    "this stage": {
        "Condition": {
            "StringLike": {"AWS:SourceArn": ["x", "arn:aws:execute-api:eu:1:{api}/p*"]}
        }
    },
    "everything": {"Principal": "*", "Action": ["lambda:*"], "Condition": None},
}
NOT_ENOUGH: dict[str, dict[str, Any]] = {
    "another API": {
        "Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:execute-api:e:1:other/*"}}
    },
    "one route": {
        "Condition": {
            "ArnLike": {"AWS:SourceArn": "arn:aws:execute-api:e:1:{api}/*/$connect"}
        }
    },
    "another service": {"Principal": {"Service": "s3.amazonaws.com"}, "Condition": {}},
    "another action": {"Action": "lambda:GetFunction", "Condition": {}},
    "a refusal": {"Effect": "Deny", "Condition": {}},
    "another condition": {"Condition": {"Bool": {"aws:SecureTransport": "true"}}},
}


def with_statement(bench: Bench, **changed: Any) -> None:
    """The function's policy has this one in place of ours, as another tool made it."""
    (ours,) = bench.functions.policies[SHOP]
    text = json.dumps({**ours, "Sid": "terraform", **changed})
    text = text.replace("{api}", bench.api_id())
    bench.functions.policies[SHOP] = [json.loads(text)]


@pytest.mark.parametrize("changed", FOREIGN.values(), ids=list(FOREIGN))
def test_a_permission_of_another_tool_counts_and_stays(
    published: Bench, changed: dict[str, Any]
) -> None:
    with_statement(published, **changed)
    assert_quiet(published)
    published.change(lambda_function="")
    assert ("delete", "permission") not in changes(published)
    published.run()
    (kept,) = published.functions.policies[SHOP]
    assert kept["Sid"] == "terraform"


@pytest.mark.parametrize("changed", NOT_ENOUGH.values(), ids=list(NOT_ENOUGH))
def test_other_statements_do_not_count(
    published: Bench, changed: dict[str, Any]
) -> None:
    with_statement(published, **changed)
    assert changes(published) == [("create", "permission")]


def test_our_statement_is_corrected(published: Bench) -> None:
    with_statement(
        published, Sid=f"wsrouter-{published.api_id()}", Condition={"Bool": {"a": "b"}}
    )
    published.run()
    assert_quiet(published)
