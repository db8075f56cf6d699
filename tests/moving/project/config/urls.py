import os

from django.contrib.auth import login
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path


def page(request: HttpRequest) -> HttpResponse:
    return render(request, "chat.html", {"url": os.environ["SOCKET_URL"]})


def log_in(request: HttpRequest, name: str) -> HttpResponse:
    user = User.objects.get(username=name)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return redirect("/")


urlpatterns = [path("", page), path("log-in/<str:name>/", log_in)]
