from django.contrib.auth import login, logout
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def enter(request: HttpRequest, name: str) -> HttpResponse:
    """Log in as this user, who is made when missing."""
    user, _ = User.objects.get_or_create(username=name)
    login(request, user, "django.contrib.auth.backends.ModelBackend")
    return HttpResponse()


def leave(request: HttpRequest) -> HttpResponse:
    logout(request)
    return HttpResponse()


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(request.user))


urlpatterns = [
    path("ws/", include("wsrouter.urls")),
    path("enter/<str:name>/", enter),
    path("leave/", leave),
    path("page/", page),
]
