"""docs/recipes: the handlers and views answer. tests/browser/pages opens them."""

import json
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.cache import cache
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.test import RequestFactory
from django.urls import path

from tests.django.events import serving
from tests.docs_pages.blocks import blocks, install, put
from tests.docs_pages.manage_commands import run_block
from wsrouter.testing import ErrorFrame, WebSocketClient

pytestmark = pytest.mark.django_db
Installed = Any


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Installed:
    """Makes the modules of a recipe."""
    return lambda name: install(monkeypatch, f"recipes/{name}.md")


@pytest.fixture
def ada() -> User:
    cache.clear()
    return User.objects.create_user("ada")


@pytest.fixture
def bob() -> User:
    return User.objects.create_user("bob")


def asked(view: Any, user: User, *args: Any, **query: Any) -> Any:
    request = RequestFactory().get("/", query)
    request.user = user
    return view(request, *args)


def payload(client: WebSocketClient, event: str) -> Any:
    return client.receive(event)["payload"]


def test_toasts_reach_all_tabs_of_one_user(
    page: Installed, ada: User, bob: User
) -> None:
    app = page("toasts")["toasts/ws.py"]
    with serving(app.router):
        tabs = [WebSocketClient(user).connect() for user in (ada, ada, bob)]
        app.toast(ada, "Saved.")
        expected = {"level": "info", "text": "Saved."}
        assert [payload(tab, "toasts.shown") for tab in tabs[:2]] == [expected] * 2
        assert tabs[2].frames == []


def test_a_page_follows_its_own_job(page: Installed, ada: User, bob: User) -> None:
    made = page("progress")
    app = made["jobs/ws.py"]
    job = json.loads(asked(made["jobs/views.py"].start, ada).content)
    with serving(app.router):
        client = WebSocketClient(ada).connect()
        client.subscribe("jobs.watch", job)
        app.work(job["job"], range(250), 250)
        seen = [frame["payload"]["done"] for frame in client.frames]
        # What was sent a moment before the message began may come with its reply.
        assert [done for done in seen if done] == list(range(2, 251, 2))
        late = WebSocketClient(ada).connect()
        assert late.call("jobs.watch", job)["done"] == 250
        with pytest.raises(ErrorFrame) as refused:
            WebSocketClient(bob).connect().call("jobs.watch", job)
        assert refused.value.code == "permission_denied"


def test_others_see_who_types(page: Installed, ada: User, bob: User) -> None:
    app = page("typing")["rooms/ws.py"]

    @app.router.route("enter")
    def enter(connection: app.Connection) -> None:
        connection.join("room:tea")

    with serving(app.router):
        typist, tab, other = (
            WebSocketClient(user).connect() for user in (ada, ada, bob)
        )
        with pytest.raises(ErrorFrame) as refused:
            typist.call("rooms.type", {"room": "tea"})
        assert refused.value.code == "permission_denied"
        for client in (typist, tab, other):
            client.call("enter")
        typist.call("rooms.type", {"room": "tea"})
        expected = {"room": "tea", "id": ada.pk, "name": "ada"}
        assert payload(other, "rooms.typing") == expected
        assert tab.frames == []


def test_dots_of_a_team(page: Installed, ada: User, bob: User) -> None:
    made = page("who-is-there")
    ada.groups.add(Group.objects.create(name="red"))
    with serving(made["people/ws.py"].router):
        client = WebSocketClient(ada).connect()
        there = client.call("people.watch", "red")
        assert there["members"] == [{"id": ada.pk}]
        dots = made["people/views.py"].with_dots([ada, bob])
        assert dots == [(ada, True), (bob, False)]
        with pytest.raises(ErrorFrame):
            WebSocketClient(bob).connect().call("people.watch", "red")


def test_pages_are_told_what_changed(page: Installed, ada: User) -> None:
    app = page("invalidation")["changes/ws.py"]
    with serving(app.router):
        client = WebSocketClient(ada).connect()
        with transaction.atomic():
            group = Group.objects.create(name="red")
        assert payload(client, "data.changed") == {
            "model": "auth.group",
            "ids": [group.pk],
        }
        app.tell(Group, [7, 8])
        assert payload(client, "data.changed")["ids"] == [7, 8]
    for signal in (post_save, post_delete):
        signal.disconnect(app.row_changed)


def test_older_lines_go_on_where_the_page_ends(
    page: Installed, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the groups of a user as the lines of a room, which has no table here."""
    models: Any = ModuleType("history.models")
    models.Room = SimpleNamespace()
    put(monkeypatch, "history.models", models)
    views = page("chat-history")["history/views.py"]
    for number in range(70):
        ada.groups.create(name=f"line {number}")
    lines = Lines(ada)
    monkeypatch.setattr(views, "get_object_or_404", lambda *_, **__: lines)
    keys = [group.pk for group in ada.groups.order_by("pk")]
    first = answer(asked(views.older, ada, "tea", before=keys[65]))
    assert [line["id"] for line in first["lines"]] == keys[15:65]
    assert first["more"] is True
    last = answer(asked(views.older, ada, "tea", before=first["lines"][0]["id"]))
    assert [line["id"] for line in last["lines"]] == keys[:15]
    assert last["more"] is False


class Lines:
    """A room whose lines are a user's groups."""

    def __init__(self, user: User) -> None:
        self.user, self.lines = user, self

    def filter(self, **lookup: Any) -> "Lines":
        self.found = self.user.groups.filter(**lookup)
        return self

    def order_by(self, name: str) -> "Lines":
        self.found = self.found.order_by(name)
        return self

    def values(self, *names: str) -> Any:
        return self.found.values("id")


def answer(response: Any) -> Any:
    return json.loads(response.content)


def test_rows_are_for_those_who_may_see_them(page: Installed, ada: User) -> None:
    app = page("live-tables")["rows/ws.py"]
    join = ("wsrouter.join", {"groups": ["rows:group"]})
    with serving(app.router):
        with pytest.raises(ErrorFrame):
            WebSocketClient(ada).connect().call(*join)
        ada.user_permissions.add(Permission.objects.get(codename="view_group"))
        client = WebSocketClient(User.objects.get(pk=ada.pk)).connect()
        client.call(*join)
        app.row_changed.send(app.Row(id=7), group="rows:group")
        assert payload(client, "rows.changed") == {"id": 7}


def test_types_come_out_of_the_handlers(page: Installed) -> None:
    name = "recipes/react.md"
    (block,) = blocks(name, "console")
    with serving(page("react")["orders/ws.py"].router):
        run_block(block)


def test_django_renders_the_rows(page: Installed, ada: User, settings: Any) -> None:
    files = {
        block.path: block.text for block in blocks("recipes/live-tables.md", "html")
    }
    templates = {name.partition("/templates/")[2]: text for name, text in files.items()}
    loader = ("django.template.loaders.locmem.Loader", templates)
    settings.TEMPLATES = [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {"loaders": [loader]},
        }
    ]
    views = page("live-tables")["rows/views.py"]
    settings.ROOT_URLCONF = (path("rows/<int:pk>/", views.row, name="row"),)
    ada.user_permissions.add(Permission.objects.get(codename="view_group"))
    groups = [Group.objects.create(name=f"<{name}>") for name in ("red", "blue")]
    rendered = asked(views.table, ada).content.decode()
    rows = [asked(views.row, ada, group.pk).content.decode() for group in groups]
    assert rendered.index(rows[1].strip()) < rendered.index(rows[0].strip())
    assert f'<tr id="row-{groups[0].pk}" hx-get="/rows/{groups[0].pk}/"' in rendered
    assert "<td>&lt;red&gt;</td>" in rows[0]
