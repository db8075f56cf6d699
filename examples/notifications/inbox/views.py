"""Plain Django views."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from inbox.ws import notify


@login_required
def page(request: HttpRequest) -> HttpResponse:
    return render(request, "inbox/page.html")


@login_required
@require_POST
def notify_me(request: HttpRequest) -> HttpResponse:
    notify(request.user, request.POST.get("text") or "Hello!")
    return redirect("page")
