"""The language of a handshake is that of its messages, which carry none."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.test import override_settings
from django.utils import translation
from django.utils.translation import gettext, gettext_lazy

from tests.django.entry_points import ENTRY_POINTS, EntryPoint
from tests.django.events import Gateway, serving
from wsrouter import Connection, MessageError, Router
from wsrouter.models import OpenConnection

pytestmark = [pytest.mark.database, pytest.mark.usefixtures("shared_database")]
router = Router()
LOCALE = "django.middleware.locale.LocaleMiddleware"


@router.route("day")
def day(connection: Connection) -> list[str]:
    return [gettext("Monday"), gettext_lazy("Tuesday"), connection.language]


@router.route("aday")
async def aday(connection: Connection) -> list[str]:
    return [gettext("Monday"), gettext_lazy("Tuesday"), connection.language]


@router.route("fail")
def fail(connection: Connection) -> None:
    raise MessageError("x", gettext_lazy("Monday"))  # type: ignore[arg-type]


@router.route("afail")
async def afail(connection: Connection) -> None:
    raise ValidationError(gettext_lazy("Monday"))


@router.route("none")
def without_connection() -> str:
    return gettext("Monday")


@pytest.fixture(params=list(ENTRY_POINTS))
def entry_point(request: pytest.FixtureRequest) -> EntryPoint:
    return ENTRY_POINTS[request.param]()


@pytest.fixture(autouse=True)
def _served() -> Iterator[None]:
    middleware = [*settings.MIDDLEWARE, LOCALE]
    with serving(router), override_settings(MIDDLEWARE=middleware):
        yield
    translation.deactivate()


def test_messages_speak_the_language_of_the_handshake(
    entry_point: EntryPoint, user: User
) -> None:
    german, plain = (Gateway(http=entry_point) for _ in range(2))  # type: ignore[arg-type]
    german.connect(user, client={"Accept-Language": "de-DE,de;q=0.9"})
    plain.connect(user)
    stored = OpenConnection.objects.order_by("pk").values_list("language", flat=True)
    assert list(stored) == ["de", ""]
    for prefix in ("", "a"):
        for _ in range(2):
            found = german.send(f"{prefix}day")
            assert found["payload"] == ["Montag", "Dienstag", "de"]
            found = plain.send(f"{prefix}day")
            assert found["payload"] == ["Monday", "Tuesday", ""]
        assert german.send(f"{prefix}fail")["error"]["message"] == "Montag"
        assert plain.send(f"{prefix}fail")["error"]["message"] == "Monday"
        assert german.send("none")["payload"] == "Monday"
    assert translation.get_language() in ("en", settings.LANGUAGE_CODE)
