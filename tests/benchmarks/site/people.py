"""One connection with its user, ours and the rival's, and the headers of a message."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from tests.benchmarks.site import callers
from tests.django import events
from wsrouter.wire import mapping

CONNECTION = "HJ1_Zv-00000001="
STRANGER = "HJ1_Zv-99999999="
CONTEXT = {"eventType": "MESSAGE", **events.CONTEXT}


def make() -> None:
    from django.contrib.auth.models import User
    from django.core.management import call_command

    from wsrouter.models import OpenConnection

    call_command("migrate", verbosity=0)
    user = User.objects.create_user("ada", password="analytical")
    now = timezone.now()
    OpenConnection.objects.create(
        connection_id=CONNECTION,
        user=user,
        auth_hash=user.get_session_auth_hash(),
        gateway="default",
        connected_at=now,
        expires_at=now + timedelta(hours=2),
    )
    if settings.HAS_RIVAL:
        _make_rival(user)


def _make_rival(user: Any) -> None:
    from django_aws_api_gateway_websockets.models import ApiGateway, WebSocketSession

    gateway = ApiGateway.objects.create(
        api_name="bench",
        api_id=callers.AMAZON["X-Amzn-Apigateway-Api-Id"],
        stage_name="p",
        target_base_endpoint="https://www.example.com/ws/",
    )
    WebSocketSession.objects.create(
        connection_id=CONNECTION, connected=True, api_gateway=gateway, user=user
    )


def headers(
    action: str, connection_id: str = CONNECTION, event_type: str = "MESSAGE"
) -> dict[str, str]:
    """What API Gateway sends, with the mapped headers and the rival's one."""
    about = {"routeKey": action, "connectionId": connection_id, "eventType": event_type}
    values = {f"context.{name}": value for name, value in (CONTEXT | about).items()}
    values |= {
        f"context.identity.{name}": CONTEXT[name] for name in ("sourceIp", "userAgent")
    }
    mapped = mapping.request_parameters(alias="default", secret=settings.SECRET)
    found = {**callers.AMAZON, "Connectionid": connection_id}
    for target, source in mapped.items():
        value = source.strip("'") if source[0] == "'" else values.get(source, "")
        if value:
            found[target.removeprefix(mapping.TARGET)] = value
    return found
