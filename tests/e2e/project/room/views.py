"""Plain Django views for the tests."""

import os

from django.contrib.auth import get_user_model, login
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from room.ws import Announcement, announced, changed
from wsrouter.models import OpenConnection


def enter(request: HttpRequest, name: str) -> JsonResponse:
    """Log in as `name`; the session's cookie opens sockets."""
    user, _ = get_user_model().objects.get_or_create(username=name)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    request.session.save()
    return JsonResponse({"cookie": f"sessionid={request.session.session_key}"})


def announce(request: HttpRequest, text: str) -> JsonResponse:
    delivery = announced.send(Announcement(text=text), group="lobby")
    report = delivery.report
    return JsonResponse({"delivered": report.delivered, "gone": report.gone})


def change(request: HttpRequest, name: str, text: str) -> JsonResponse:
    delivery = changed.send(Announcement(text=text), group=f"table:{name}")
    return JsonResponse({"status": delivery.status})


def open_connections(request: HttpRequest) -> JsonResponse:
    rows = OpenConnection.objects.values_list("connection_id", "api_id")
    ids, apis = map(list, zip(*rows, strict=True)) if rows else ([], [])
    return JsonResponse({"ids": ids, "apis": apis})


@csrf_exempt
def beside(request: HttpRequest) -> JsonResponse:
    """An endpoint of another library, to which API Gateway posts some routes."""
    return JsonResponse({"path": request.path})


def process(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"pid": os.getpid()})
