"""A page, and an API for apps: a token for a password, a ticket for a token."""

from django.contrib.auth import authenticate
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from pydantic import BaseModel, ValidationError

from accounts import tokens
from wsrouter import TooManyTickets, tickets


@login_required
def page(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/me.html")


def session(request: HttpRequest) -> HttpResponse:
    """The page's client asks when a handshake was refused."""
    return HttpResponse(status=204 if request.user.is_authenticated else 401)


class Credentials(BaseModel):
    name: str
    password: str


@csrf_exempt
@require_POST
def token(request: HttpRequest) -> JsonResponse:
    try:
        credentials = Credentials.model_validate_json(request.body)
    except ValidationError:
        return JsonResponse({"error": "Send a name and a password."}, status=400)
    user = authenticate(
        request, username=credentials.name, password=credentials.password
    )
    if user is None:
        return JsonResponse({"error": "Wrong name or password."}, status=401)
    return JsonResponse({"token": tokens.make(user)})


@csrf_exempt  # another site cannot make a browser send a token, as it can a cookie
@require_POST
def ticket(request: HttpRequest) -> JsonResponse:
    bearer = tokens.read(request.headers.get("Authorization", ""))
    if bearer is None:
        return JsonResponse(
            {"error": "The token is invalid or has expired."}, status=401
        )
    try:
        return JsonResponse(tickets.issue(bearer.user, expires_at=bearer.expires_at))
    except TooManyTickets as error:
        return JsonResponse({"error": str(error)}, status=429)
