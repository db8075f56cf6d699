"""A project moves from django-aws-api-gateway-websockets as the page says; its visitors
see the same before, after each step, and in the end."""

import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import browser
from tests.moving import page_steps
from tests.moving.moved_site import Site
from tests.simulated_aws.http_server import serving
from tests.test_adding_routes_page import assert_shown

__all__ = ["browser"]

WAIT_MS = 30_000
EVENT_KEYS = ("$connect", "$disconnect")
PEER = "django_aws_api_gateway_websockets"
MAKE_API = f"""
from {PEER}.models import ApiGateway
made = ApiGateway(api_name="chat", target_base_endpoint="%s/ws/")
made.create_gateway()
print(made.api_id)
"""
MAKE_USERS = """
from django.contrib.auth.models import Group, User
for name in ("ann", "bob", "eve"):
    User.objects.create_user(name)
Group.objects.create(name="banned").user_set.add(User.objects.get(username="eve"))
"""
TICKETS = "from wsrouter.models import Ticket; print(Ticket.objects.count())"
LEFT = f"""
from django.contrib.contenttypes.models import ContentType
from django.db import connection
names = connection.introspection.table_names()
print([name for name in names if "websocket" in name or "{PEER}" in name])
print(ContentType.objects.filter(app_label="{PEER}").count())
"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with serving() as (url, aws):
        made = Site(tmp_path, url, aws)
        try:
            yield made
        finally:
            made.end()


@contextmanager
def visiting(browser: Browser, site: Site, name: str = "") -> Iterator[Page]:
    """A page that was just opened, by a user who is logged in."""
    context = browser.new_context()
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.goto(f"{site.url}/log-in/{name}/" if name else site.url)
    yield page
    context.close()


def shows(page: Page, *lines: str) -> None:
    expect(page.locator("li")).to_have_text(list(lines), timeout=WAIT_MS)


def state(page: Page, text: str) -> None:
    expect(page.locator("#state")).to_have_text(text, timeout=WAIT_MS)


def announce(page: Page, text: str) -> None:
    """Broadcast from a view, as the page's user."""
    token = page.context.cookies()
    csrf = next(each["value"] for each in token if each["name"] == "csrftoken")
    form, headers = {"text": text}, {"X-CSRFToken": csrf}
    url = page.url.partition("/log-in")[0].rstrip("/") + "/announce/"
    assert page.request.post(url, form=form, headers=headers).status == 204


def check_chat(browser: Browser, site: Site) -> None:
    """What visitors see, whichever library answers."""
    with visiting(browser, site, "ann") as ann, visiting(browser, site, "bob") as bob:
        state(ann, "Open")
        state(bob, "Open")
        ann.get_by_role("button", name="Who am I?").click()
        shows(ann, "You are ann")
        ann.locator("#text").fill("Hello, <b>Bob</b>")
        ann.get_by_role("button", name="Say").click()
        shows(bob, "ann: Hello, <b>Bob</b>")
        announce(bob, "Lunch")
        heard = ("ann: Hello, <b>Bob</b>", "the house: Lunch")
        shows(bob, *heard)
        shows(ann, "You are ann", *heard)
        bob.get_by_role("button", name="Something else").click()
        shows(bob, *heard, "Error: Nobody answers this.")
    with visiting(browser, site, "eve") as eve:
        state(eve, "Closed")
    with visiting(browser, site) as visitor:
        state(visitor, "Log in first.")


def set_up(site: Site) -> None:
    """The project that moves, at work."""
    step(site, "The project that moves")
    site.manage("migrate", "-v", "0")
    site.shell(MAKE_USERS)
    site.api_id = site.shell(MAKE_API % site.url)
    site.deploy()
    site.open_gateway()


def step(site: Site, heading: str) -> None:
    examples = {"https://www.example.com": site.url, "abc123defg": site.api_id}
    page_steps.apply(heading, site.project, examples)


def publish(site: Site, heading: str) -> None:
    """Publish as the page says; what it shows was printed."""
    commands = page_steps.commands(heading)
    (command,) = (each for each in commands if each.startswith("ws_sync"))
    agreed = ["--allow-dangerous"] if "--adopt" in command else []
    printed = site.publish(*command.split()[1:], *agreed)
    assert_shown(commands[command].replace("abc123defg", site.api_id), printed)


def test_every_step_keeps_what_visitors_see(browser: Browser, site: Site) -> None:
    set_up(site)
    assert site.our_routes == set()
    check_chat(browser, site)
    with visiting(browser, site, "bob") as veteran:
        state(veteran, "Open")
        stand_beside(site)
        assert site.our_routes == {*EVENT_KEYS, "wsrouter.ping"}
        announce(veteran, "Still there?")
        shows(veteran, "the house: Still there?")
        veteran.get_by_role("button", name="Who am I?").click()
        shows(veteran, "the house: Still there?", "You are bob")
    check_chat(browser, site)
    assert "?ws_token=" in site.log("django")

    move_one_handler(site)
    assert site.our_routes == {*EVENT_KEYS, "wsrouter.ping", "who"}
    check_chat(browser, site)
    move_a_channel(site)
    assert site.our_routes == {*EVENT_KEYS, "wsrouter.ping", "who", "say"}
    check_chat(browser, site)
    take_the_rest(site)
    assert site.our_routes == {*EVENT_KEYS, "$default", "who", "say"}
    check_chat(browser, site)

    assert site.shell(TICKETS) == "0"
    ask_for_tickets(site)
    check_chat(browser, site)
    assert site.shell(TICKETS) == "3"
    remove_what_is_left(site)
    check_chat(browser, site)


def stand_beside(site: Site) -> None:
    heading = "1. Stand beside it"
    step(site, heading)
    page_steps.add_envelope(site.project)
    site.manage("migrate", "-v", "0")
    site.deploy()
    publish(site, heading)


def move_one_handler(site: Site) -> None:
    heading = "2. Move one handler"
    step(site, heading)
    page_steps.without(site.project / "chat" / "views.py", "ChatView.who")
    site.deploy()
    publish(site, heading)


def move_a_channel(site: Site) -> None:
    step(site, "3. Move a channel")
    page_steps.without(site.project / "chat" / "views.py", "ChatView.say")
    site.deploy()
    site.publish()


def take_the_rest(site: Site) -> None:
    heading = "4. Take the rest"
    step(site, heading)
    settings = site.project / "config" / "settings.py"
    page_steps.replace(settings, ('        "DEFAULT_ROUTE": False,\n', ""))
    site.deploy()
    publish(site, heading)


def ask_for_tickets(site: Site) -> None:
    step(site, "5. Let the page ask for tickets")


def remove_what_is_left(site: Site) -> None:
    heading = "6. Remove what is left"
    commands = map(shlex.split, page_steps.commands(heading))
    drop, forget, forget_types, delete, compare = commands
    chat, config = site.project / "chat", site.project / "config"
    step(site, heading)
    page_steps.without(chat / "ws.py", "closed")
    page_steps.without(chat / "views.py", "ChatView")
    for path in (chat / "ws.py", chat / "views.py", config / "urls.py"):
        page_steps.without_lines(path, f"from {PEER}", "<slug:route>", "ws-token/")
    page_steps.replace(config / "urls.py", ("ChatView, ", ""))
    site.deploy()
    for command in (drop, forget):
        site.manage(*command)
    page_steps.without_lines(
        config / "settings.py", f'["{PEER}"]', "WEBSOCKETS", "AWS_GATEWAY_REGION_NAME"
    )
    site.deploy()
    site.manage(*forget_types, "--no-input")
    unused = set(re.findall(r"integration\d+", site.manage("ws_sync", *site.place)))
    assert len(unused) == 3
    command, option, *_ = delete
    named = chain.from_iterable((option, found) for found in sorted(unused))
    site.manage(command, *named, "--no-input", *site.place)
    site.manage(*compare, *site.place)
    site.reload_gateway()
    assert site.shell(LEFT).splitlines() == ["[]", "0"]


def test_the_first_step_can_be_taken_back(browser: Browser, site: Site) -> None:
    set_up(site)
    stand_beside(site)
    site.publish("--destroy")
    site.shell(f"from {PEER}.models import *; ApiGateway.objects.get().sync_to_aws()")
    site.reload_gateway()
    check_chat(browser, site)
    assert site.our_routes == set()
    assert page_steps.section("Back out")
