"""The alarms in docs/ count what real lines of `wsrouter.frames` have."""

import json
import logging
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import call_command

from tests.django.events import Gateway, serving
from tests.django.group_routes import Socket
from tests.django.test_background import members
from wsrouter import Connection, Reject, Router
from wsrouter.delivery.memory import MemoryTransport
from wsrouter.delivery.ports import PostResult, PostStatus
from wsrouter.routing.ports import Address
from wsrouter.testing.substitution import substituted

pytestmark = pytest.mark.django_db
TEMPLATE = Path(__file__).parents[2] / "docs/howto/observe/alarms.yaml"
Line = dict[str, Any]
router = Router()
said = router.event("said", str)


class Loader(yaml.SafeLoader):
    """CloudFormation's short forms, as the text that they refer to."""


Loader.add_constructor("!Ref", lambda loader, node: f"!Ref {node.value}")
RESOURCES = yaml.load(TEMPLATE.read_text(), Loader)["Resources"]
FILTERS = {
    name: resource["Properties"]
    for name, resource in RESOURCES.items()
    if resource["Type"] == "AWS::Logs::MetricFilter"
}
ALARMS = {
    name: resource["Properties"]
    for name, resource in RESOURCES.items()
    if resource["Type"] == "AWS::CloudWatch::Alarm"
}
OF_API_GATEWAY = {
    "ConnectCount",
    "MessageCount",
    "IntegrationError",
    "ClientError",
    "ExecutionError",
    "IntegrationLatency",
}
"""AWS: "Monitor WebSocket API execution with CloudWatch metrics"."""


class Partly(MemoryTransport):
    """Posts that fail, also for good."""

    def post(self, address: Address, data: bytes) -> PostResult:
        if address.connection_id.startswith("bad"):
            return PostResult(PostStatus.FAILED, "forbidden", stage_error="Forbidden.")
        return super().post(address, data)


@router.connect
def opened(connection: Connection) -> None:
    if connection.source_ip == "203.0.113.66":
        raise Reject(403)


@router.route("say")
def say(payload: str) -> str:
    if payload == "crash":
        raise LookupError
    said.send(payload, group="g")
    return payload


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> list[Line]:
    """What a busy hour writes."""
    caplog.set_level(logging.INFO, "wsrouter.frames")
    memory, socket = Partly(), Socket()
    members(1)
    members(1, prefix="bad")
    memory.opened("id0000=", socket)
    with serving(router), substituted(transport=memory, secret=""):
        gateway = Gateway()
        gateway.connect()
        gateway.send("say", "hello", id="1")
        gateway.send("say", "crash", id="1")
        gateway.send("made-up", "x")
        gateway.disconnect()
        Gateway().connect(sourceIp="203.0.113.66")
        call_command("ws_reap")
    found = [r for r in caplog.records if r.name == "wsrouter.frames"]
    return [json.loads(record.getMessage()) for record in found]


CONDITION = re.compile(r'\$\.(\w+) (=|!=|>) ("[^"]*"|\d+)')


def is_counted(line: Line, pattern: str) -> bool:
    """Of AWS's syntax ("Filter pattern syntax for metric filters") what is used: all of
    these, or any of them."""
    assert re.fullmatch(r"\{ .* \}", pattern)
    conditions = CONDITION.findall(pattern)
    assert CONDITION.sub("", pattern).strip("{} ").split() in (
        ["&&"] * (len(conditions) - 1),
        ["||"] * (len(conditions) - 1),
    )
    results = [_holds(line, *condition) for condition in conditions]
    return any(results) if "||" in pattern else all(results)


def _holds(line: Line, field: str, operator: str, value: str) -> bool:
    wanted = json.loads(value)
    if field not in line:
        return False
    if operator == ">":
        return isinstance(line[field], int | float) and line[field] > wanted
    return (line[field] == wanted) is (operator == "=")


@pytest.mark.parametrize("name", FILTERS)
def test_each_filter_counts_real_lines(name: str, lines: list[Line]) -> None:
    pattern = FILTERS[name]["FilterPattern"]
    counted = [line for line in lines if is_counted(line, pattern)]
    assert 0 < len(counted) < len(lines)
    [metric] = FILTERS[name]["MetricTransformations"]
    for line in counted:
        for field in re.findall(r"\$\.(\w+)", pattern):
            assert field in line
        if (value := metric["MetricValue"]) != "1":
            assert isinstance(line[value.removeprefix("$.")], int | float)
        for dimension in metric.get("Dimensions", ()):
            assert isinstance(line[dimension["Value"].removeprefix("$.")], str)
    assert not ("Dimensions" in metric and "DefaultValue" in metric)  # AWS refuses both


def test_routes_that_clients_make_up_are_no_dimension(lines: list[Line]) -> None:
    pattern = FILTERS["MessageTimesByRoute"]["FilterPattern"]
    routes = {line["route"] for line in lines if is_counted(line, pattern)}
    assert routes == {"say"}


def test_each_alarm_watches_a_metric_that_there_is() -> None:
    ours = {
        metric["MetricName"]
        for properties in FILTERS.values()
        for metric in properties["MetricTransformations"]
        if "Dimensions" not in metric
    }
    watched = [
        (metric["Namespace"], metric["MetricName"])
        for properties in ALARMS.values()
        for metric in [properties, *map(_of_query, properties.get("Metrics", ()))]
        if "MetricName" in metric
    ]
    assert len(watched) == len(ALARMS)
    for namespace, name in watched:
        known = ours if namespace == "!Ref Namespace" else OF_API_GATEWAY
        assert name in known


def _of_query(query: Line) -> Line:
    found: Line = query.get("MetricStat", {}).get("Metric", {})
    return found


def test_cloudformation_takes_it() -> None:
    cfnlint = pytest.importorskip("cfnlint.api")
    assert [str(match) for match in cfnlint.lint(TEMPLATE.read_text())] == []
