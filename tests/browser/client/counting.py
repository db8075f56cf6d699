"""A project whose server counts aloud, and a page that listens with client.js."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from playwright.sync_api import BrowserContext, Page

from tests.e2e.ws_local_stack import Stack, copied

CLIENT = Path(__file__).parents[3] / "wsrouter/static/wsrouter/client.js"
WS = """
from wsrouter import Keep

counted = router.event("counted", int)
kept = router.event("kept", int, keep=Keep())


@router.route("count.watch")
def watch(connection: Connection) -> None:
    connection.join("count")
"""
URLS = """
import time
from pathlib import Path

from django.http import HttpRequest, HttpResponse

from room.ws import counted, kept


def count(request: HttpRequest, start: int, stop: int) -> HttpResponse:
    begun = time.monotonic()
    for number in range(start, stop):
        counted.send(number, group="count")
        time.sleep(max(0, begun + (number - start + 1) * 0.05 - time.monotonic()))
    return HttpResponse()


def keep(request: HttpRequest, start: int, stop: int) -> HttpResponse:
    for number in range(start, stop):
        kept.send(number, group="count")
    return HttpResponse()


def session(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=204 if request.user.is_authenticated else 401)


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse({page!r})


def client(request: HttpRequest) -> HttpResponse:
    return HttpResponse(Path({client!r}).read_bytes(), content_type="text/javascript")


urlpatterns += [
    path("count/<int:start>/<int:stop>/", count),
    path("keep/<int:start>/<int:stop>/", keep),
    path("page/", page),
    path("session/", session),
    path("client.js", client),
]
"""
PAGE = """<!doctype html><title>Count</title><script type="module">
import { connect } from "/client.js";
window.listen = (url, options) => {
  for (const name of ["states", "causes", "numbers", "errors", "sockets", "sent"]) {
    window[name] = [];
  }
  class Kept extends WebSocket {
    constructor(...values) { super(...values); window.sockets.push(this); }
    send(text) { super.send(text); window.sent.push(JSON.parse(text).action); }
  }
  const onError = (error) => window.errors.push(`${error}`);
  const all = { ticket: "/ws/ticket/", WebSocket: Kept, onError, ...options };
  window.connection = connect(url, all);
  window.connection.onState((state, { cause }) => {
    window.states.push(state);
    if (cause) window.causes.push(cause.status ?? cause.code ?? cause.message);
  });
  window.connection.on("counted", (number) => window.numbers.push(number));
  window.connection.on("kept", (number) => window.numbers.push(number));
  window.connection.onGap(() => window.errors.push("gap"));
  window.connection.subscribe("count.watch", undefined, {
    onReply: () => (window.isWatching = window.sockets.length),
  });
};
</script>"""
LOADED = "typeof window.listen === 'function'"
WATCHING = (
    "window.connection.state === 'open' && window.isWatching === window.sockets.length"
)


def counting_stack(folder: Path) -> Stack:
    """Its `/count/<start>/<stop>/` sends a number every 50 ms."""
    stack = copied(folder)
    urls = URLS.format(page=PAGE, client=str(CLIENT))
    for name, more in (("ws", WS), ("urls", urls)):
        with (stack.project / "room" / f"{name}.py").open("a") as file:
            file.write(more)
    return stack


@contextmanager
def visiting(context: BrowserContext, stack: Stack) -> Iterator[Page]:
    """A page, logged in as Ada, that does not listen yet."""
    context.set_default_timeout(30_000)
    page = context.new_page()
    page.goto(f"{stack.site}/enter/ada/")
    page.goto(f"{stack.site}/page/")
    page.wait_for_function(LOADED)
    yield page
    page.evaluate("window.connection?.close()")
    page.close()


def listen(page: Page, url: str, **options: object) -> None:
    """Options are those of `connect`."""
    page.evaluate("([url, options]) => window.listen(url, options)", [url, options])


@contextmanager
def listening(
    context: BrowserContext, stack: Stack, **options: object
) -> Iterator[Page]:
    """A page, logged in as Ada, that hears what is counted."""
    with visiting(context, stack) as page:
        listen(page, stack.url, **options)
        page.wait_for_function(WATCHING)
        yield page


def count(stack: Stack, start: int, stop: int) -> None:
    """Have the numbers sent, one every 50 ms."""
    with urlopen(f"{stack.site}/count/{start}/{stop}/", timeout=60) as answer:
        assert answer.status == 200


def keep(stack: Stack, start: int, stop: int) -> None:
    """Have the numbers sent at once, as kept events."""
    with urlopen(f"{stack.site}/keep/{start}/{stop}/", timeout=60) as answer:
        assert answer.status == 200
