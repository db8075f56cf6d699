"""The example's page in a real browser, pushed to from the admin."""

from playwright.sync_api import expect

from tests.browser.conftest import Visit, Visitor, is_connected, item, set_notifications
from tests.examples.notifications import Notifications

END_CONNECTIONS = """
from wsrouter import connections
from wsrouter.models import OpenConnection
for row in OpenConnection.objects.all():
    connections.get(row.connection_id).close()
"""


def send_from_the_admin(administrator: Visitor, text: str) -> None:
    tab = administrator.log_in("root", "/admin/login/?next=/admin/auth/user/")
    tab.get_by_role("row", name="ada").get_by_role("checkbox").check()
    tab.get_by_label("Action:").select_option("Send a notification")
    tab.get_by_role("button", name="Run").or_(
        tab.get_by_role("button", name="Go")
    ).click()
    tab.get_by_label("Text").fill(text)
    tab.get_by_role("button", name="Send").click()
    expect(tab.locator(".messagelist")).to_have_text("Sent to 1.")


def test_a_notification_from_the_admin_arrives_in_two_tabs_that_stay_in_sync(
    site: Notifications, visit: Visit
) -> None:
    set_notifications(site)
    ada, administrator = visit(), visit()
    tabs = [ada.log_in("ada"), ada.tab()]
    for tab in tabs:
        is_connected(tab)
        expect(tab.locator("#empty")).to_be_visible()
        tab.evaluate("window.sameDocument = true")

    send_from_the_admin(administrator, "Lunch is ready")
    for tab in tabs:
        expect(item(tab, "Lunch is ready")).to_have_class("unread")
        expect(tab.locator("#toasts")).to_have_text("Lunch is ready")
        expect(tab.locator("#unread")).to_have_text("1")
        expect(tab).to_have_title("(1) Notifications")

    tabs[0].get_by_role("button", name="Mark read").click()
    for tab in tabs:
        expect(item(tab, "Lunch is ready")).not_to_have_class("unread")
        expect(tab.get_by_role("button", name="Mark read")).to_have_count(0)
        expect(tab.locator("#unread")).to_be_hidden()
        assert tab.evaluate("window.sameDocument") is True
    assert ada.console_errors == []


def test_what_a_user_sends_is_text_and_never_markup(
    site: Notifications, visit: Visit
) -> None:
    set_notifications(site)
    ada = visit()
    tab = ada.log_in("ada")
    is_connected(tab)
    text = "<img src=x onerror=alert(1)> & 'so on'"
    tab.get_by_label("Text").fill(text)
    tab.get_by_role("button", name="Notify me").click()
    expect(tab.locator("#list p")).to_have_text(text)
    expect(tab.locator("#toasts")).to_have_text(text)
    expect(tab.locator("#log .in").first).to_contain_text("<img src=x")
    assert ada.console_errors == []


def test_it_reconnects_by_itself_and_loads_what_it_missed(
    site: Notifications, visit: Visit
) -> None:
    set_notifications(site)
    tab = visit().log_in("ada")
    is_connected(tab)
    tab.evaluate(
        """() => {
          window.states = [];
          const state = document.getElementById("state");
          const seen = () => window.states.push(state.dataset.state);
          new MutationObserver(seen).observe(state, {attributeFilter: ["data-state"]});
        }"""
    )
    set_notifications(site, "Missed")
    site.shell(END_CONNECTIONS)
    expect(item(tab, "Missed")).to_have_class("unread")
    is_connected(tab)
    assert tab.evaluate("window.states") == ["waiting", "connecting", "open"]


def test_a_user_whose_session_has_ended_is_asked_to_log_in(
    site: Notifications, visit: Visit
) -> None:
    tab = visit().log_in("ada")
    is_connected(tab)
    site.shell(
        "from django.contrib.sessions.models import *; Session.objects.all().delete()"
        + END_CONNECTIONS
    )
    expect(tab).to_have_url(f"{site.url}/login/?next=/")


def test_silence_is_ended_by_a_ping(site: Notifications, visit: Visit) -> None:
    ada = visit()
    ada.context.clock.install()
    tab = ada.log_in("ada")
    sent = tab.locator("#log .out")
    tab.get_by_text("Frames").click()
    expect(tab.locator("#log .in")).to_have_count(1)
    tab.clock.fast_forward("03:50")
    expect(sent).to_have_count(1)
    tab.clock.fast_forward("00:30")
    expect(sent).to_have_count(2)
    expect(sent.first).to_contain_text("wsrouter.ping")
    expect(tab.locator("#log .in")).to_have_count(2)
