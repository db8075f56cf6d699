"""The routes, tested without a server."""

from typing import Any

from django.contrib.auth.models import Permission, User
from django.http import HttpResponse
from django.test import TestCase
from django.urls import reverse

from inbox.models import Notification
from inbox.ws import notification_created, notify
from wsrouter.testing import (
    ErrorFrame,
    HandshakeRefused,
    WebSocketClient,
    captured_events,
)


class InboxTests(TestCase):
    def setUp(self) -> None:
        self.user = User.objects.create_user("ada")
        self.tab = WebSocketClient(self.user).connect()

    def test_an_anonymous_client_is_refused(self) -> None:
        with self.assertRaises(HandshakeRefused) as refused:
            WebSocketClient().connect()
        self.assertEqual(refused.exception.status, 401)

    def test_the_list_has_the_newest_first(self) -> None:
        for text in ("one", "two"):
            Notification.objects.create(user=self.user, text=text)
        reply = self.tab.call("notifications.list", {"limit": 1})
        self.assertEqual(reply["unread"], 2)
        self.assertEqual([note["text"] for note in reply["notifications"]], ["two"])

    def test_a_limit_out_of_range_is_refused_by_name(self) -> None:
        with self.assertRaises(ErrorFrame) as answered:
            self.tab.call("notifications.list", {"limit": 0})
        self.assertEqual(answered.exception.code, "invalid_payload")
        self.assertEqual(answered.exception.error["detail"][0]["loc"], ["limit"])

    def test_a_notification_is_pushed_to_every_tab(self) -> None:
        second = WebSocketClient(self.user).connect()
        notify(self.user, "Lunch!")
        for tab in (self.tab, second):
            pushed = tab.receive("notification.created")
            self.assertEqual(pushed["payload"]["text"], "Lunch!")

    def test_marking_read_sends_an_event_to_the_other_tabs(self) -> None:
        second = WebSocketClient(self.user).connect()
        note = Notification.objects.create(user=self.user, text="x")
        reply = self.tab.call("notifications.mark_read", {"notification_id": note.pk})
        self.assertTrue(reply["read"])
        self.assertEqual(second.receive("notification.read")["payload"]["id"], note.pk)
        self.assertEqual(self.tab.frames, [])

    def test_the_notification_of_another_user_is_not_found(self) -> None:
        other = User.objects.create_user("bob")
        note = Notification.objects.create(user=other, text="x")
        with self.assertRaises(ErrorFrame) as answered:
            self.tab.call("notifications.mark_read", {"notification_id": note.pk})
        self.assertEqual(answered.exception.code, "not_found")


def is_lunch(payload: Any) -> bool:
    return payload["text"] == "Lunch!"


class AdminTests(TestCase):
    """What is sent, without a socket that gets it."""

    def setUp(self) -> None:
        self.users = [User.objects.create_user(name) for name in ("ada", "bob", "eve")]
        self.post = {
            "action": "send_notification",
            "_selected_action": [user.pk for user in self.users[:2]],
        }

    def send(self, **fields: str) -> HttpResponse:
        url = reverse("admin:auth_user_changelist")
        return self.client.post(url, self.post | fields, follow=True)

    def test_the_selected_users_are_notified(self) -> None:
        self.client.force_login(User.objects.create_superuser("root"))
        with captured_events() as sent:
            self.assertContains(self.send(), "ada, bob")
            asked_again = self.send(send="Send", text="")
            self.assertContains(asked_again, "This field is required.")
            self.assertEqual(len(sent), 0)
            self.assertContains(self.send(send="Send", text="Lunch!"), "Sent to 2.")
        for user in self.users[:2]:
            sent.assert_sent(notification_created, is_lunch, user=user)
        sent.assert_not_sent(notification_created, user=self.users[2])

    def test_sending_needs_the_permission_to_add_notifications(
        self,
    ) -> None:
        staff = User.objects.create_user("staff", is_staff=True)
        staff.user_permissions.add(Permission.objects.get(codename="change_user"))
        self.client.force_login(staff)
        self.send(send="Send", text="Lunch!")
        self.assertFalse(Notification.objects.exists())

    def test_a_notification_that_is_added_is_pushed(self) -> None:
        self.client.force_login(User.objects.create_superuser("root"))
        url = reverse("admin:inbox_notification_add")
        with captured_events() as sent:
            self.client.post(url, {"user": self.users[0].pk, "text": "Lunch!"})
        sent.assert_sent(notification_created, is_lunch, user=self.users[0], times=1)


class PageTests(TestCase):
    def test_the_socket_is_on_the_host_name_of_the_page(self) -> None:
        self.client.force_login(User.objects.create_user("ada"))
        with self.settings(DEBUG=True):
            page = self.client.get("/", headers={"host": "localhost:8000"})
        url = r'data-socket-url="ws://localhost:\d+/production"'
        self.assertRegex(page.content.decode(), url)
