"""The console and the Content-Security-Policy of its project."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse

_CONNECT, _DEFAULT = "connect-src", "default-src"
_NONE = "'none'"


def origins(urls: Iterable[str]) -> list[str]:
    """The sources that let a page connect to these URLs. `'self'` reaches no other
    port, and in some browsers no WebSocket."""
    parts = [urlsplit(url) for url in urls]
    return list(dict.fromkeys(f"{each.scheme}://{each.netloc}" for each in parts))


def allow(
    request: HttpRequest, response: HttpResponse, urls: Iterable[str]
) -> HttpResponse:
    """Let the page connect to these URLs under Django's own middleware (Django 6). A
    policy that something else sets is shown by the page when it is in the way."""
    policies = {
        setting: getattr(settings, setting, None)
        for setting in ("SECURE_CSP", "SECURE_CSP_REPORT_ONLY")
    }
    if not any(policies.values()):
        return response
    from django.views.decorators import csp  # new in Django 6

    overrides = {
        "SECURE_CSP": csp.csp_override,
        "SECURE_CSP_REPORT_ONLY": csp.csp_report_only_override,
    }
    sources = origins(urls)

    def answer(_: HttpRequest) -> HttpResponse:
        return response

    for setting, policy in policies.items():
        if policy:
            answer = overrides[setting](_with_sources(policy, sources))(answer)
    return answer(request)


def _with_sources(policy: dict[str, Any], sources: list[str]) -> dict[str, Any]:
    given = policy.get(_CONNECT, policy.get(_DEFAULT))
    if given is None:
        return policy
    listed = [given] if isinstance(given, str) else list(given)
    kept = [source for source in listed if source != _NONE]
    return {**policy, _CONNECT: [*kept, *sources]}
