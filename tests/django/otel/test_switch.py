"""When something is recorded, and what it takes."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.django.events import Gateway, serving
from tests.django.otel.recording import Recording
from wsrouter import MissingExtra, Router, otel
from wsrouter.routing import telemetry

ROOT = Path(__file__).parents[3]
router = Router()


@router.route("say")
def say(payload: str) -> str:
    return payload


@pytest.fixture(autouse=True)
def _off_afterwards() -> Iterator[None]:
    yield
    otel.uninstrument()


def test_nothing_observes_unless_asked_to() -> None:
    assert telemetry.current() is None


def test_nothing_observes_without_an_sdk() -> None:
    """The API alone has providers, which record nothing."""
    otel.instrument()
    assert telemetry.current() is None
    with serving(router):
        assert Gateway().send("say", "hello", id="1")["payload"] == "hello"


def test_it_ends(recorded: Recording) -> None:
    with serving(router):
        Gateway().send("say", "hello")
        otel.uninstrument()
        Gateway().send("say", "hello")
    assert [span.name for span in recorded.spans()] == ["process say"]


def test_traces_alone_and_metrics_alone(recorded: Recording) -> None:
    otel.instrument(tracer_provider=recorded.tracers)
    with serving(router):
        Gateway().send("say", "hello")
        assert len(recorded.spans()) == 1
        assert not recorded.metrics()
        otel.instrument(meter_provider=recorded.meters)
        Gateway().send("say", "hello")
    assert len(recorded.spans()) == 1
    assert recorded.points("messaging.process.duration")


def run(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


LATER = """
from wsrouter import otel
from wsrouter.otel import providers
from wsrouter.routing import telemetry

providers.LOOK_AGAIN_SECONDS = 0
otel.instrument()
before = telemetry.current() is not None

from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import TracerProvider

trace.set_tracer_provider(TracerProvider())
with_traces = telemetry.current() is not None
metrics.set_meter_provider(MeterProvider())
print(before, with_traces, telemetry.current() is not None)
"""


def test_an_sdk_may_be_configured_later() -> None:
    assert run(LATER) == "False True True"


def test_a_disabled_sdk_is_none() -> None:
    assert run(LATER, OTEL_SDK_DISABLED="true") == "False False False"


def test_the_package_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("wsrouter.otel.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(MissingExtra, match=r"pip install 'django-wsrouter\[otel\]'"):
        otel.instrument()
    assert telemetry.current() is None


def test_nothing_imports_it_by_itself() -> None:
    code = "import sys, django; django.setup(); import wsrouter.urls, wsrouter.otel;"
    code += "print([name for name in sys.modules if name == 'opentelemetry'])"
    assert run(code, DJANGO_SETTINGS_MODULE="tests.project.settings") == "[]"
