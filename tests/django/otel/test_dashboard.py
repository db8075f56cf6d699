"""The example dashboard asks for what Prometheus gets from a process like any other."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.django.events import Gateway, serving
from tests.django.group_routes import Socket
from tests.django.test_background import members
from wsrouter import Connection, MessageError, Reject, Router, otel
from wsrouter.delivery.memory import MemoryTransport
from wsrouter.testing.substitution import substituted

pytest.importorskip("opentelemetry.exporter.prometheus")
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client import REGISTRY, generate_latest
from prometheus_client.parser import text_string_to_metric_families

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parents[3]
DASHBOARD = json.loads((ROOT / "docs/howto/observe/grafana-dashboard.json").read_text())
PANELS: list[dict[str, Any]] = DASHBOARD["panels"]
VARIABLES = {each["name"]: each for each in DASHBOARD["templating"]["list"]}
EXPRESSIONS = [t["expr"] for panel in PANELS for t in panel["targets"]]
WORDS = {"sum", "rate", "increase", "histogram_quantile", "by", "or", "vector"}
COLUMNS = 24
router = Router()
said = router.event("said", str)
Emitted = dict[str, set[str]]


@router.connect
def opened(connection: Connection) -> None:
    if connection.source_ip == "203.0.113.66":
        raise Reject(403)


@router.route("say")
def say(payload: str) -> str:
    if payload == "no":
        raise MessageError("no_thanks")
    said.send(payload, group="g")
    return payload


@pytest.fixture
def emitted() -> Iterator[Emitted]:
    """The names of the series that Prometheus reads, each with its labels."""
    reader = PrometheusMetricReader()
    meters = MeterProvider([reader], shutdown_on_exit=False)
    otel.instrument(meter_provider=meters)
    memory, socket = MemoryTransport(), Socket()
    members(2)
    memory.opened("id0000=", socket)
    with serving(router), substituted(transport=memory, secret=""):
        gateway = Gateway()
        gateway.connect()
        gateway.send("say", "hello", id="1")
        gateway.send("say", "no", id="1")
        gateway.disconnect()
        Gateway().connect(sourceIp="203.0.113.66")
    found: Emitted = {}
    for family in text_string_to_metric_families(generate_latest(REGISTRY).decode()):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    yield found
    otel.uninstrument()
    meters.shutdown()


def series(expression: str) -> list[tuple[str, str]]:
    """The names of the series, each with its matchers."""
    return re.findall(r"(\w+)(?:\{([^}]*)\})?\[", expression)


def labels(expression: str) -> set[str]:
    matched = {
        label
        for _, matchers in series(expression)
        for label in re.findall(r"(\w+)\s*[=!]", matchers)
    }
    grouped = " ".join(re.findall(r"\bby \(([^)]*)\)", expression))
    return matched | set(re.findall(r"\w+", grouped))


def test_each_series_and_label_is_emitted(emitted: Emitted) -> None:
    for expression in EXPRESSIONS:
        names = [name for name, _ in series(expression)]
        assert names, expression
        for name in names:
            assert name in emitted, expression
            assert labels(expression) <= emitted[name], expression


def test_the_variable_asks_for_what_is_emitted(emitted: Emitted) -> None:
    query = VARIABLES["gateway"]["query"]["query"]
    found = re.fullmatch(r"label_values\((\w+), (\w+)\)", query)
    assert found
    assert found[2] in emitted[found[1]]


def test_each_metric_of_ours_is_on_it(emitted: Emitted) -> None:
    ours = {name for name in emitted if name.startswith(("messaging_", "wsrouter_"))}
    families = {
        re.sub(r"_(bucket|count|sum|created|total)$", "", name) for name in ours
    }
    asked = " ".join(EXPRESSIONS)
    assert len(families) == 8
    assert [name for name in families if name not in asked] == []


def test_nothing_in_an_expression_was_overlooked() -> None:
    for expression in EXPRESSIONS:
        left = re.sub(r'"[^"]*"', "", expression)
        left = re.sub(r"\w+(\{[^}]*\})?\[[$\w]+\]", "", left)
        left = re.sub(r"\bby \([^)]*\)", "by", left)
        assert set(re.findall(r"[A-Za-z_]\w*", left)) <= WORDS, expression
        assert expression.count("(") == expression.count(")")


def test_legends_name_labels_that_are_grouped_by() -> None:
    for panel in PANELS:
        for target in panel["targets"]:
            named = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
            assert named <= labels(target["expr"]), panel["title"]


def test_it_is_a_dashboard_that_grafana_imports() -> None:
    """What its importer and its schema of dashboards ask for."""
    assert {"title", "uid", "schemaVersion", "panels", "time"} <= set(DASHBOARD)
    assert DASHBOARD.get("id") is None
    assert len(DASHBOARD["uid"]) <= 40
    assert isinstance(DASHBOARD["schemaVersion"], int)
    assert (VARIABLES["datasource"]["type"], VARIABLES["datasource"]["query"]) == (
        "datasource",
        "prometheus",
    )
    ids = [panel["id"] for panel in PANELS]
    assert len(set(ids)) == len(ids)
    source = {"type": "prometheus", "uid": "${datasource}"}
    for panel in PANELS:
        assert panel["type"] in ("stat", "timeseries")
        assert panel["title"]
        assert panel["datasource"] == source
        refs = [target["refId"] for target in panel["targets"]]
        assert len(set(refs)) == len(refs)
        assert all(target["datasource"] == source for target in panel["targets"])


def test_no_panel_covers_another() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in PANELS:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= COLUMNS
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells
