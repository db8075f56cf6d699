"""An API for apps: a password buys a token, a token buys a ticket."""

import json

from django.contrib.auth import authenticate
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts import tokens
from wsrouter import tickets
from wsrouter.errors import TooManyTickets


@csrf_exempt
@require_POST
def token(request: HttpRequest) -> JsonResponse:
    given = json.loads(request.body)
    user = authenticate(request, username=given["name"], password=given["password"])
    if user is None:
        return JsonResponse({"error": "Wrong name or password."}, status=401)
    return JsonResponse({"token": tokens.make(user)})


@csrf_exempt  # a token is no cookie: no other site can make a browser send it
@require_POST
def ticket(request: HttpRequest) -> JsonResponse:
    bearer = tokens.read(request.headers.get("Authorization", ""))
    if bearer is None:
        return JsonResponse({"error": "No such token."}, status=401)
    try:
        return JsonResponse(tickets.issue(bearer.user, expires_at=bearer.expires_at))
    except TooManyTickets as error:
        return JsonResponse({"error": str(error)}, status=429)
