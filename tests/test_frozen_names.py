"""Names that must not change: projects have them in databases, settings, dashboards,
schedules and AWS accounts."""

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.urls import reverse

import wsrouter
from wsrouter.otel import attributes
from wsrouter.sync import target
from wsrouter.sync.digest import Digest
from wsrouter.wire import mapping

PACKAGE = Path(wsrouter.__file__).parent
TABLES = {
    "EndedSession": "wsrouter_endedsession",
    "KeptEvent": "wsrouter_keptevent",
    "Membership": "wsrouter_membership",
    "OpenConnection": "wsrouter_openconnection",
    "PresenceChange": "wsrouter_presencechange",
    "PresenceGroup": "wsrouter_presencegroup",
    "PresentUser": "wsrouter_presentuser",
    "QueuedSend": "wsrouter_queuedsend",
    "QueuedSlice": "wsrouter_queuedslice",
    "ReaperRun": "wsrouter_reaperrun",
    "Stream": "wsrouter_stream",
    "Ticket": "wsrouter_ticket",
}
PERMISSIONS = {
    "wsrouter.close_openconnection",
    "wsrouter.publish_gateway",
    "wsrouter.send_test_event",
    "wsrouter.view_keptevent",
    "wsrouter.view_membership",
    "wsrouter.view_openconnection",
    "wsrouter.view_queuedsend",
    "wsrouter.view_queuedsend_payload",
    "wsrouter.view_stream",
    "wsrouter.view_ticket",
}
CHECKS = {
    "wsrouter.E001",
    "wsrouter.E002",
    "wsrouter.E003",
    "wsrouter.E004",
    "wsrouter.W005",
    "wsrouter.E006",
    "wsrouter.W007",
    "wsrouter.E008",
    "wsrouter.E009",
    "wsrouter.E010",
    "wsrouter.W011",
    "wsrouter.E012",
    "wsrouter.E013",
    "wsrouter.E014",
    "wsrouter.E015",
    "wsrouter.W016",
    "wsrouter.W017",
    "wsrouter.E018",
    "wsrouter.W019",
    "wsrouter.W020",
    "wsrouter.W021",
    "wsrouter.W022",
    "wsrouter.E023",
    "wsrouter.E024",
    "wsrouter.E026",
    "wsrouter.W025",
    "wsrouter.W026",
    "wsrouter.W027",
    "wsrouter.W028",
    "wsrouter.W029",
    "wsrouter.E030",
    "wsrouter.W031",
}
CELERY_TASKS = {"wsrouter.work", "wsrouter.end", "wsrouter.reap"}
LOGGERS = {
    "wsrouter.client",
    "wsrouter.delivery",
    "wsrouter.frames",
    "wsrouter.request",
    "wsrouter.security",
}
TELEMETRY_ATTRIBUTES = {
    "wsrouter.cause",
    "wsrouter.connection.id",
    "wsrouter.delivery.delivered",
    "wsrouter.delivery.failed",
    "wsrouter.delivery.gone",
    "wsrouter.delivery.status",
    "wsrouter.gateway",
    "wsrouter.outcome",
    "wsrouter.request.id",
}
METRICS = {
    "wsrouter.connections.ended",
    "wsrouter.connections.opened",
    "wsrouter.connections.refused",
    "wsrouter.deliveries",
}
HEADERS = {
    "X-Wsrouter-Secret",
    "X-Wsrouter-Gateway",
    "X-Wsrouter-Event-Type",
    "X-Wsrouter-Connection-Id",
    "X-Wsrouter-Principal-Id",
}


def in_package(pattern: str) -> set[str]:
    """What a pattern finds in the package."""
    texts = [path.read_text() for path in PACKAGE.rglob("*.py")]
    return {found for text in texts for found in re.findall(pattern, text)}


def test_the_app_and_its_tables() -> None:
    config = apps.get_app_config("wsrouter")
    assert config.name == "wsrouter"
    tables = {model.__name__: model._meta.db_table for model in config.get_models()}
    assert tables == TABLES


@pytest.mark.django_db
def test_the_permissions() -> None:
    rows = Permission.objects.filter(content_type__app_label="wsrouter")
    names = {f"wsrouter.{name}" for name in rows.values_list("codename", flat=True)}
    assert names >= PERMISSIONS
    of_django = re.compile(r"wsrouter\.(add|change|delete|view)_")
    own = {name for name in names if not of_django.match(name)}
    assert own == {
        "wsrouter.close_openconnection",
        "wsrouter.publish_gateway",
        "wsrouter.send_test_event",
    }


def test_the_ids_of_checks() -> None:
    assert in_package(r'id="(wsrouter\.[EW]\d+)"') == CHECKS


def test_the_names_of_celery_tasks() -> None:
    celery = pytest.importorskip("wsrouter.tasks")
    assert {celery.work.name, celery.end.name, celery.reap.name} == CELERY_TASKS


def test_the_loggers() -> None:
    assert in_package(r'getLogger\("(wsrouter[\w.]*)"\)') == LOGGERS


def test_the_names_of_urls() -> None:
    assert reverse("admin:wsrouter_gateways").endswith("/gateways/")
    assert reverse("admin:wsrouter_gateway", args=["a"]).endswith("/gateways/a/")
    assert reverse("wsrouter:endpoint") + "ticket/" == reverse("wsrouter:ticket")


def test_the_headers() -> None:
    assert mapping.PREFIX == "X-Wsrouter-"
    names = {mapping.PREFIX + header.name for header in mapping.HEADERS.values()}
    assert names | {mapping.SECRET, mapping.GATEWAY} >= HEADERS


def test_what_marks_an_api_on_aws() -> None:
    assert (target.TAG, target.DOMAIN_TAG) == ("wsrouter:gateway", "wsrouter:domain")
    assert target.description("default") == "wsrouter:default"
    assert target.authorizer_name("default") == "wsrouter-default"
    digest = Digest(config="a" * 64, secret="b" * 64)
    assert str(digest) == f"wsrouter config={'a' * 64} secret={'b' * 64}"
    assert Digest.parse(str(digest)) == digest


def test_attributes_of_spans_and_metrics() -> None:
    found = {value for value in vars(attributes).values() if isinstance(value, str)}
    assert {name for name in found if name.startswith("wsrouter.")} - {
        attributes.__name__,
        attributes.__package__,
    } == TELEMETRY_ATTRIBUTES


def test_names_of_metrics() -> None:
    text = (PACKAGE / "otel" / "instruments.py").read_text()
    assert set(re.findall(r'"(wsrouter\.[\w.]+)"', text)) == METRICS
