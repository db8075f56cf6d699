"""Task engines that need no broker, with their real tasks: what they do to a send."""

import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from django.core.checks import run_checks
from django.db import InterfaceError, OperationalError, transaction
from django.test import override_settings
from django.utils import timezone

from tests.django.events import serving
from tests.django.test_background import Wire, members
from wsrouter import Delivery, Report, Router
from wsrouter.conf import ConfigurationError
from wsrouter.engines import django_tasks
from wsrouter.models import OpenConnection, QueuedSend
from wsrouter.routing.delivery import Status
from wsrouter.signals import delivered
from wsrouter.testing.substitution import substituted
from wsrouter.wiring import outgoing

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
BACKENDS = f"{django_tasks.task.__module__.rpartition('.')[0]}.backends"
IMMEDIATE = f"{BACKENDS}.immediate.ImmediateBackend"
DUMMY = f"{BACKENDS}.dummy.DummyBackend"
router = Router()
news = router.event("news", str)


def with_backend(path: str) -> Any:
    return override_settings(TASKS={"default": {"BACKEND": path}})


@pytest.fixture(params=["tasks", "celery"])
def immediate(request: pytest.FixtureRequest) -> Iterator[str]:
    """Engines that run what is queued at once, inside the caller."""
    if request.param == "tasks":
        with with_backend(IMMEDIATE):
            yield request.param
        return
    celery = pytest.importorskip("celery")
    celery.current_app.conf.task_always_eager = True
    yield request.param
    celery.current_app.conf.task_always_eager = False


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire()
    with substituted(transport=wire, secret=""):
        yield wire


def served(engine: str) -> Any:
    return serving(router, BACKGROUND=engine, SEND_RECIPIENTS=5, SLICE_RECIPIENTS=1)


def test_a_send_of_many_slices_is_not_as_many_calls_deep(
    immediate: str, wire: Wire, deliveries: list[Delivery]
) -> None:
    ids = members(120)
    with served(immediate):
        assert news.send("x", group="g").status is Status.QUEUED
    assert wire.got == Counter(ids)
    assert [delivery.report for delivery in deliveries] == [Report(delivered=120)]
    assert not QueuedSend.objects.exists()


def test_it_starts_after_the_commit(
    immediate: str, wire: Wire, deliveries: list[Delivery]
) -> None:
    members(12)
    with served(immediate), transaction.atomic():
        news.send("x", group="g")
        assert not wire.got
    assert deliveries[0].report == Report(delivered=12)


def test_a_listener_may_send_again(immediate: str, wire: Wire) -> None:
    members(12)
    reports: list[Report | None] = []

    def listen(delivery: Delivery, **_: Any) -> None:
        reports.append(delivery.report)
        if len(reports) == 1:
            news.send("y", group="g")

    delivered.connect(listen)
    try:
        with served(immediate):
            news.send("x", group="g")
    finally:
        delivered.disconnect(listen)
    assert reports == [Report(delivered=12)] * 2
    assert set(wire.got.values()) == {2}


def test_tasks_that_nobody_runs_lose_nothing(wire: Wire) -> None:
    members(12)
    with with_backend(DUMMY), served("tasks"):
        assert news.send("x", group="g").status is Status.QUEUED
        (queued,) = django_tasks.work.get_backend().results
    assert (queued.task.name, queued.args) == (
        "work",
        [QueuedSend.objects.get().pk, ""],
    )
    assert not wire.got
    assert OpenConnection.objects.count() == 12


def test_the_reaper_is_a_task(immediate: str, wire: Wire) -> None:
    members(3)
    OpenConnection.objects.update(expires_at=timezone.now())
    with served(immediate):
        if immediate == "celery":
            from wsrouter.engines import celery

            celery.reap.delay()
        else:
            django_tasks.reap.enqueue()
    assert not OpenConnection.objects.exists()


def problems(number: str = "E015", **options: Any) -> list[str]:
    with serving(router, **options):
        found = run_checks(tags=["wsrouter"], include_deployment_checks=True)
    return [message.msg for message in found if message.id == f"wsrouter.{number}"]


def test_e015_an_engine_without_workers(immediate: str) -> None:
    (message,) = problems(BACKGROUND=immediate)
    assert message.startswith("Gateway 'default': large sends have no worker: ")
    assert message.endswith("inside the request.")
    with with_backend(DUMMY):
        (message,) = problems(BACKGROUND="tasks")
    assert message.endswith("TASKS has the DummyBackend, which never sends.")
    assert problems() == []


def test_e015_an_engine_that_is_not_installed(monkeypatch: Any) -> None:
    monkeypatch.setitem(sys.modules, "celery", None)
    monkeypatch.delitem(sys.modules, "wsrouter.engines.celery", raising=False)
    monkeypatch.delattr("wsrouter.engines.celery", raising=False)
    (message,) = problems(BACKGROUND="celery")
    assert "pip install 'django-wsrouter[celery]'." in message


def test_e018_a_transport_that_is_not_installed(monkeypatch: Any) -> None:
    assert problems("E018") == problems("E018", TRANSPORT="boto3") == []
    monkeypatch.setitem(sys.modules, "pycurl", None)
    for name in ("pycurl_extra", "epoll", "handle", "curl_multi", "curl"):
        monkeypatch.delitem(sys.modules, f"wsrouter.aws.posts.{name}", raising=False)
        monkeypatch.delattr(f"wsrouter.aws.posts.{name}", raising=False)
    (message,) = problems("E018", TRANSPORT="curl")
    assert message.startswith("Gateway 'default': TRANSPORT 'curl' needs pycurl: ")
    assert "pip install 'django-wsrouter[curl]'." in message


def test_e018_is_silent_where_it_is_installed() -> None:
    pytest.importorskip("pycurl")
    assert problems("E018", TRANSPORT="curl") == []


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("tests.nowhere.Relay", "cannot be imported: No module named 'tests.nowhere'."),
        ("tests.django.test_background.Queue", "failed: TypeError: "),
    ],
)
def test_e018_a_dotted_path_that_makes_no_transport(path: str, problem: str) -> None:
    said = f"TRANSPORT {path!r} {problem}"
    (message,) = problems("E018", TRANSPORT=path)
    assert message.startswith(f"Gateway 'default': {said}")
    with (
        serving(router, TRANSPORT=path),
        pytest.raises(ConfigurationError) as raised,
    ):
        news.send("x", everyone=True)
    assert str(raised.value).startswith(f"WSROUTER['default']: {said}")


class Relay(Wire):
    """A transport that a project names by its path."""

    made: ClassVar[list[tuple[list[str], int]]] = []

    def __init__(self, gateways: Any, *, in_flight: int) -> None:
        super().__init__()
        self.made.append((list(gateways()), in_flight))


def test_a_transport_of_the_project(deliveries: list[Delivery]) -> None:
    ids = members(3)
    path = f"{__name__}.Relay"
    assert problems("E018", TRANSPORT=path) == []
    Relay.made.clear()
    with serving(router, TRANSPORT=path, IN_FLIGHT=7):
        for _ in range(2):
            delivery = news.send("x", everyone=True, gateway="default")
            assert delivery.report == Report(delivered=len(ids))
        found = outgoing.transport()
    assert isinstance(found, Relay)
    assert found.got == Counter(ids * 2)
    assert Relay.made == [(["default"], 7)]


class Failing:
    """A sender that fails twice."""

    def __init__(self, error: type[Exception]) -> None:
        self.error, self.calls = error, 0

    def work(self, send: int, task_id: str, gateway: str) -> None:
        self.calls += 1
        if self.calls < 3:
            raise self.error("No connection.")


@pytest.mark.parametrize(
    ("error", "pauses"),
    [(OperationalError, 2), (InterfaceError, 2), (ValueError, 0)],
)
def test_a_worker_pauses_where_the_database_is_away(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception], pauses: int
) -> None:
    """It would hold all of the queue in its memory, waiting for the next attempt."""
    pytest.importorskip("celery")
    from wsrouter.engines import celery

    failing, slept = Failing(error), list[float]()
    monkeypatch.setattr(celery.ports, "sender", lambda: failing)
    monkeypatch.setattr(celery, "sleep", slept.append)
    assert celery.work.apply((1, "")).successful()
    assert failing.calls == 3
    assert slept == [celery.PAUSE_SECONDS] * pauses
