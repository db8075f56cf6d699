"""What a load balancer and nginx in front of Django add to a request."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

ADDED = {
    "HTTP_X_AMZN_TRACE_ID": "Root=1-00000000-000000000000000000000000",
    "HTTP_X_FORWARDED_FOR": "127.0.0.1",
    "HTTP_X_FORWARDED_PORT": "443",
    "HTTP_X_FORWARDED_PROTO": "https",
    "HTTP_X_REAL_IP": "127.0.0.1",
}


def add_headers(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    def add(request: HttpRequest) -> HttpResponse:
        for name, value in ADDED.items():
            request.META.setdefault(name, value)
        return get_response(request)

    return add
