"""The publisher's policy allows every call of ws_sync, and none that it never makes."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import quote

import botocore.session
import pytest
from botocore import xform_name

from tests.sync.bench import OTHER_SECRET, Bench, a_spec
from tests.sync.test_options import (
    CERTIFICATE,
    NOTHING,
    ON_AWS,
    ON_BOTH,
    THROTTLING,
    a_typed_spec,
)
from wsrouter.catalog.snapshot import Snapshot
from wsrouter.options import publishing
from wsrouter.sync.destroy import destroy, plan_removal
from wsrouter.sync.export import iam_policy
from wsrouter.sync.target import Target
from wsrouter.sync.wanted import wanted_snapshot

OTHER_CERTIFICATE = publishing.domain(
    {"NAME": "ws.example.com", "CERTIFICATE": CERTIFICATE + "2", "MAPPING_KEY": "other"}
)


def a_whole_life(bench: Bench) -> Snapshot:
    """Everything set, changed, pruned and destroyed; the richest snapshot of it."""
    bench.spec = a_typed_spec()
    bench.run()
    bench.change(**ON_BOTH, **ON_AWS)
    richest = wanted_snapshot(bench.gateway, bench.spec)
    bench.run()
    bench.change(
        domain=OTHER_CERTIFICATE,
        tags={"team": "shop"},
        secrets=(OTHER_SECRET,),
        route_selection_expression="$request.body.type",
        authorizer=publishing.authorizer(
            {"FUNCTION": ON_BOTH["authorizer"].function + "2"}
        ),
        throttling=publishing.throttling({"RATE": 3, "BURST": 3}),
    )
    bench.spec = a_spec("orders.watch", "orders.list")
    bench.run(prune=True, deep=True)
    bench.change(reply_via="connection")
    bench.run()
    bench.change(**NOTHING, tags={})
    bench.run(prune=True)
    bench.change(throttling=THROTTLING, domain=ON_AWS["domain"])
    bench.run()
    tear_down(bench)
    return richest


def tear_down(bench: Bench) -> None:
    removal = plan_removal(bench.plane, Target.of(bench.gateway))
    destroy(bench.plane, removal, sleep=lambda _: None)


def asked(bench: Bench) -> set[tuple[str, str]]:
    """The IAM actions and resources of every call."""
    model = botocore.session.Session().get_service_model("apigatewayv2")
    operations = {
        xform_name(name): model.operation_model(name) for name in model.operation_names
    }
    return {_asked(operations[name], members) for name, members in bench.server.calls}


def _asked(operation: Any, members: dict[str, Any]) -> tuple[str, str]:
    shapes = operation.input_shape.members
    path = operation.http["requestUri"].removeprefix("/v2")
    for name, shape in shapes.items():
        label = shape.serialization.get("name", name)
        if shape.serialization.get("location") == "uri":
            path = path.replace(f"{{{label}}}", quote(str(members[name]), safe=""))
    assert not re.search(r"[{}]", path)
    return (
        f"apigateway:{operation.http['method']}",
        f"arn:aws:apigateway:eu-west-1::{path}",
    )


def granted(policy: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for statement in policy["Statement"]:
        actions, resources = statement["Action"], statement["Resource"]
        for action in [actions] if isinstance(actions, str) else actions:
            for resource in [resources] if isinstance(resources, str) else resources:
                yield action, resource


def allows(grant: tuple[str, str], call: tuple[str, str]) -> bool:
    return grant[0] == call[0] and fnmatchcase(call[1], grant[1])


def by_id(bench: Bench) -> str:
    """Work in an API that somebody else has made."""
    made = bench.server.create_api(
        Name="by hand",
        ProtocolType="WEBSOCKET",
        RouteSelectionExpression="$request.body.action",
    )
    del bench.server.calls[:]
    bench.change(api_id=made["ApiId"])
    return str(made["ApiId"])


@pytest.mark.parametrize("is_new", [True, False], ids=["new", "by id"])
def test_every_call_is_allowed_and_every_permission_used(
    memory: Bench, is_new: bool
) -> None:
    api_id = "" if is_new else by_id(memory)
    richest = a_whole_life(memory)
    calls = asked(memory)
    policy = iam_policy.publisher_policy(richest, region="eu-west-1", api_id=api_id)
    grants = [
        allowed for allowed in granted(policy) if allowed[0].startswith("apigateway:")
    ]

    refused = [
        call for call in calls if not any(allows(grant, call) for grant in grants)
    ]
    assert refused == []
    unused = [
        grant for grant in grants if not any(allows(grant, call) for call in calls)
    ]
    assert unused == []


def test_what_is_not_asked_for_is_not_granted(memory: Bench) -> None:
    policy = iam_policy.publisher_policy(
        wanted_snapshot(memory.gateway, memory.spec), region="eu-west-1"
    )

    assert {action.partition(":")[0] for action, _ in granted(policy)} == {"apigateway"}
    assert not [
        resource for _, resource in granted(policy) if "domainnames" in resource
    ]


def test_a_role_is_passed_only_where_there_is_one(memory: Bench) -> None:
    role = "arn:aws:iam::123456789012:role/guard"
    function = ON_BOTH["authorizer"].function
    memory.change(
        authorizer=publishing.authorizer({"FUNCTION": function, "ROLE": role})
    )
    policy = iam_policy.publisher_policy(
        wanted_snapshot(memory.gateway, memory.spec), region="eu-west-1"
    )

    assert ("iam:PassRole", role) in list(granted(policy))
