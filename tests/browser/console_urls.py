"""URLs and middleware of the site with the console."""

import os
from collections.abc import Callable

from django.contrib.auth import get_user_model, login
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

Respond = Callable[[HttpRequest], HttpResponse]


class PolicyMiddleware:
    """A Content-Security-Policy of the project's own, such as that of a proxy."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.respond(request)
        more = os.environ.get("CONSOLE_CONNECT", "")
        policy = f"default-src 'self'; connect-src 'self' {more}".rstrip()
        response["Content-Security-Policy"] = policy
        return response


def log_in(request: HttpRequest, name: str) -> HttpResponse:
    user, _ = get_user_model().objects.get_or_create(username=name)
    login(request, user, "django.contrib.auth.backends.ModelBackend")
    return HttpResponse("Logged in.", content_type="text/plain")


urlpatterns = [
    path("ws/", include("wsrouter.urls")),
    path("log-in/<str:name>/", log_in),
]
