"""The pages."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from chat.history import history
from chat.models import Room
from wsrouter import streams


@login_required
def rooms(request: HttpRequest) -> HttpResponse:
    return render(request, "chat/rooms.html")


@login_required
def room(request: HttpRequest, name: str) -> HttpResponse:
    found = get_object_or_404(Room, name=name, members=request.user.pk)
    # First the position, then the lines: what is written in between is in both.
    since = streams.positions(groups=[f"room:{name}"])
    page = {"room": name, "since": since, **history(found).model_dump(mode="json")}
    return render(request, "chat/room.html", {"room": found, "page": page})
