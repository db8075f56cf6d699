"""docs/howto/deploy-without-a-gap.md: old pages are answered, and the API of a pull
request comes and goes."""

from types import ModuleType

import pytest
from django.test import override_settings

from tests.django.events import serving
from tests.docs_pages.blocks import blocks, install
from tests.docs_pages.manage_commands import commands, memory_plane, run_block
from wsrouter.testing import WebSocketClient

PAGE = "howto/deploy-without-a-gap.md"


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> dict[str, ModuleType]:
    monkeypatch.setenv("DEPLOYMENT", "pr-17")
    monkeypatch.setenv("WSROUTER_SECRET", "0123456789abcdef0123456789abcdef")
    return install(monkeypatch, PAGE)


@pytest.mark.django_db
@pytest.mark.parametrize("action", ["orders.place", "orders.order"])
@pytest.mark.parametrize("count", [None, 2])
def test_old_and_new_pages_are_answered(
    made: dict[str, ModuleType], action: str, count: int | None
) -> None:
    payload = {"item": "tea"} | ({"count": count} if count else {})
    with serving(made["orders/ws.py"].router):
        reply = WebSocketClient().connect().call(action, payload)
    assert reply == {"total": 3 * (count or 1)}


def test_the_api_of_a_pull_request_comes_and_goes(
    made: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    plane = memory_plane(monkeypatch)
    wanted = made["settings.py"].WSROUTER
    wanted["default"]["ROUTER"] = "orders.ws.router"
    publish, destroy = blocks(PAGE, "console")
    with override_settings(WSROUTER=wanted):
        run_block(publish)
        assert [api["Name"] for api in plane.server.get_apis()["Items"]] == [
            "shop-pr-17"
        ]
        run_block(destroy)
    assert plane.server.get_apis()["Items"] == []


def test_other_deployments_have_other_names(
    made: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert made["settings.py"].HOST == "pr-17.example.com"
    monkeypatch.setenv("DEPLOYMENT", "production")
    again = install(monkeypatch, PAGE)["settings.py"]
    assert again.HOST == "www.example.com"


def test_the_pipeline_runs_the_commands_of_the_page() -> None:
    (pipeline,) = blocks(PAGE, "yaml", run=False)
    for block in blocks(PAGE, "console"):
        for command, _ in commands(block):
            assert f"run: python manage.py {command}\n" in pipeline.text
