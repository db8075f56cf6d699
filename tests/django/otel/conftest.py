"""The SDK's exporters in memory, for each test."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.django.otel.recording import Recording


@pytest.fixture
def recorded() -> Iterator["Recording"]:
    pytest.importorskip("opentelemetry.sdk")
    from tests.django.otel.recording import Recording

    made = Recording()
    yield made
    made.close()
