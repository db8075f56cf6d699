"""An API for the page: a token for a password, a ticket for a token."""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods
from pydantic import BaseModel, ValidationError

from farm import tokens
from wsrouter import TooManyTickets, client_url, tickets

View = Callable[[HttpRequest], HttpResponse]


class Credentials(BaseModel):
    name: str
    password: str


def for_the_page(view: View) -> View:
    """Lets scripts of PAGE_ORIGIN, and of no other, read the answers of a view. There
    are no cookies, so another site has nothing that it could make a browser send."""

    @csrf_exempt
    @require_http_methods(["POST", "OPTIONS"])
    @wraps(view)
    def answered(request: HttpRequest) -> HttpResponse:
        is_question = request.method == "OPTIONS"
        response = HttpResponse(status=204) if is_question else view(request)
        response["Access-Control-Allow-Origin"] = settings.PAGE_ORIGIN
        response["Access-Control-Allow-Headers"] = "authorization, content-type"
        return response

    return answered


@for_the_page
def token(request: HttpRequest) -> JsonResponse:
    try:
        given = Credentials.model_validate_json(request.body)
    except ValidationError:
        return JsonResponse({"error": "Send a name and a password."}, status=400)
    user = authenticate(request, username=given.name, password=given.password)
    if user is None:
        return JsonResponse({"error": "Wrong name or password."}, status=401)
    return JsonResponse({"token": tokens.make(user), "socket": client_url(request)})


@for_the_page
def ticket(request: HttpRequest) -> JsonResponse:
    bearer = tokens.read(request.headers.get("Authorization", ""))
    if bearer is None:
        error = "The token is invalid or has expired."
        return JsonResponse({"error": error}, status=401)
    try:
        return JsonResponse(tickets.issue(bearer.user, expires_at=bearer.expires_at))
    except TooManyTickets as error:
        return JsonResponse({"error": str(error)}, status=429)
