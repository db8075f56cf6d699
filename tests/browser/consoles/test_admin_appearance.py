"""The pages of the admin in light and dark mode and at the width of a phone, and a
socket that is closed there.

WSROUTER_SCREENSHOTS names a folder in which the pictures are kept for review.
"""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, is_connected
from tests.browser.pages.test_appearance import check_appearance, pictures
from tests.examples.notifications import Notifications

__all__ = ["pictures"]
ADMIN = "/admin/wsrouter"
LISTS = {
    "connections": "openconnection/",
    "connections-of-a-user": "openconnection/?q=zoe",
    "connections-to-choose": "openconnection/?q=z",
    "connections-in-a-group": "openconnection/?q=group:orders.7",
    "connections-ended": "openconnection/?state=ended",
    "groups": "membership/",
    "tickets": "ticket/",
    "sends": "queuedsend/",
    "streams": "stream/",
    "gateways": "openconnection/gateways/",
    "gateway": "openconnection/gateways/default/",
}
TEXTS = (".wsrouter-note", ".paginator", "#content h1")
ROWS = """
from datetime import timedelta
from django.contrib.auth.models import User
from django.utils import timezone
from wsrouter.models import Membership, OpenConnection, QueuedSend, Stream, Ticket
now = timezone.now()
zoe, zed = (User.objects.create_user(name) for name in ("zoe", "zed"))
for count in range(16):
    row = OpenConnection.objects.create(
        connection_id=f"HJ1_Zv-{count:08}=", user=zoe if count % 2 else zed,
        gateway="default", api_id="local", stage="production", source_ip="203.0.113.9",
        user_agent="Mozilla/5.0 (X11; Linux x86_64)", state={"theme": "dark"},
        connected_at=now - timedelta(minutes=count),
        expires_at=now + timedelta(minutes=120 - count if count > 3 else -1),
    )
    for group in ("orders.7", f"room:{count % 8}", "a.long.name.of.a.group." * 4):
        Membership.of(row, group).save()
    Ticket.objects.create(
        digest=str(count), user=zoe, gateway="default", proof_expires_at=now,
        expires_at=now + timedelta(seconds=60),
    )
kinds = ("connection_ids", "users", "groups", "exclude", "exclude_users")
for minutes in (0, 5):
    QueuedSend.objects.create(
        event="orders.status", data=b"{}", touched_at=now - timedelta(minutes=minutes),
        recipients={**{k: [] for k in kinds}, "everyone": True, "gateway": "default"},
    )
Stream.objects.create(public_id="1", gateway="default", kind="group", name="orders.7",
    epoch="abcd", top=1234, last=100, seconds=3600, touched_ms=0)
"""


@pytest.fixture(scope="module")
def filled(site: Notifications) -> Notifications:
    """The site, with rows of everything."""
    site.shell(ROWS)
    return site


def staff_page(visit: Visit) -> Page:
    visitor = visit()
    page = visitor.tab("/admin/")
    page.get_by_label("Username").fill("root")
    page.get_by_label("Password").fill("root")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("Site administration")).to_be_visible(timeout=30_000)
    return page


def test_the_pages_fit_and_can_be_read(
    visit: Visit, filled: Notifications, pictures: Path
) -> None:
    page = staff_page(visit)
    addresses = {name: f"{ADMIN}/{path}" for name, path in LISTS.items()}
    page.goto(f"{filled.url}{ADMIN}/openconnection/?q=zoe")
    row = page.locator("#result_list th a").first
    addresses["connection"] = str(row.get_attribute("href"))
    for name, address in addresses.items():
        page.goto(filled.url + address)
        texts = [text for text in TEXTS if page.locator(text).count()]
        check_appearance(page, f"admin-{name}", pictures, *texts)
    page.goto(f"{filled.url}{ADMIN}/openconnection/")
    page.set_viewport_size({"width": 1280, "height": 800})
    for box in page.locator(".action-select").all()[:3]:
        box.check()
    page.locator("select[name=action]").select_option("close_connections")
    page.locator("button[name=index]").click()  # "Go", or "Run" since Django 6.1
    expect(page.get_by_text("3 connections will end")).to_be_visible()
    check_appearance(page, "admin-close", pictures, "#content li")


def test_a_page_notices_that_its_socket_was_closed(
    visit: Visit, site: Notifications
) -> None:
    visitor = visit()
    tab = visitor.log_in("ada")
    is_connected(tab)
    page = staff_page(visit)
    page.goto(f"{site.url}{ADMIN}/openconnection/?q=ada")
    page.locator("#result_list th a").first.click()
    page.get_by_role("button", name="Ask API Gateway").click()
    expect(page.get_by_text("API Gateway: open, last active at")).to_be_visible()
    address = page.url
    page.get_by_role("button", name="Close this connection").click()
    page.get_by_role("button", name="Yes, close").click()
    expect(page.get_by_text("1 connection has ended")).to_be_visible()
    expect(page.locator("#result_list")).to_have_count(1)
    is_connected(tab)  # again, as another connection
    page.goto(address)
    expect(page.get_by_text("Perhaps it was deleted?")).to_be_visible()


def test_the_picture_of_the_documentation(
    visit: Visit, filled: Notifications, pictures: Path
) -> None:
    page = staff_page(visit)
    page.set_viewport_size({"width": 1280, "height": 640})
    page.goto(f"{filled.url}{ADMIN}/openconnection/?q=group:orders.7")
    expect(page.locator("#result_list tbody tr")).to_have_count(16)
    page.screenshot(path=pictures / "admin.png")
