"""Plain Django views."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from inbox.ws import notify


@login_required
def page(request: HttpRequest) -> HttpResponse:
    # The page's own host name: its cookies are sent to no other.
    host = request.get_host().partition(":")[0]
    return render(
        request,
        "inbox/page.html",
        {"socket_url": settings.SOCKET_URL.format(host=host)},
    )


@login_required
@require_POST
def notify_me(request: HttpRequest) -> HttpResponse:
    notify(request.user, request.POST.get("text") or "Hello!")
    return redirect("page")
