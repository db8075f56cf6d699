"""A session, a ticket and an authorizer's principal identify the user."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import TestCase
from django.utils import timezone

from accounts import tokens
from wsrouter.models import OpenConnection
from wsrouter.testing import HandshakeRefused, WebSocketClient


class Identities(TestCase):
    def setUp(self) -> None:
        cache.clear()
        self.ada = User.objects.create_user("ada", password="analytical")

    def api(self, path: str, token: str = "", **body: Any) -> Any:
        return self.client.post(
            path,
            body,
            content_type="application/json",
            headers={"Authorization": f"Bearer {token}"},
        )

    def test_a_page_has_a_session(self) -> None:
        with WebSocketClient(self.ada) as tab:
            self.assertEqual(tab.call("me"), {"name": "ada"})
        self.assertEqual(self.client.get("/session/").status_code, 401)
        self.client.force_login(self.ada)
        self.assertEqual(self.client.get("/session/").status_code, 204)

    def test_an_app_exchanges_its_token_for_a_ticket(self) -> None:
        answer = self.api("/api/token/", name="ada", password="analytical").json()
        ticket = self.api("/api/ticket/", answer["token"]).json()["ticket"]
        app = WebSocketClient().connect(query=f"ticket={ticket}")
        self.assertEqual(app.call("me"), {"name": "ada"})
        with self.assertRaises(HandshakeRefused) as again:
            WebSocketClient().connect(query=f"ticket={ticket}")
        self.assertEqual(again.exception.status, 401)

    def test_the_connection_ends_with_the_token(self) -> None:
        ticket = self.api("/api/ticket/", tokens.make(self.ada)).json()["ticket"]
        app = WebSocketClient().connect(query=f"ticket={ticket}")
        left = OpenConnection.objects.get().expires_at - timezone.now()
        self.assertLess(left, tokens.LIFETIME)
        OpenConnection.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        app.send("me", id="1")
        self.assertEqual(app.receive()["error"]["code"], "not_authenticated")
        self.assertFalse(app.is_open)

    def test_without_a_token_there_is_no_ticket(self) -> None:
        for token in ("", "x", tokens.make(User(pk=0))):
            self.assertEqual(self.api("/api/ticket/", token).status_code, 401)
        wrong = self.api("/api/token/", name="ada", password="?")
        self.assertEqual(wrong.status_code, 401)

    def test_a_device_is_identified_by_the_authorizer(self) -> None:
        User.objects.create_user("device-4711")
        device = WebSocketClient(gateway="devices").connect(principal="device:4711")
        self.assertEqual(device.call("me"), {"name": "device-4711"})

    def test_an_authorizer_identifies_devices_only_and_on_its_own_gateway(self) -> None:
        for gateway, principal in (
            ("devices", "device:4712"),
            ("devices", "ada"),
            ("default", "device:4711"),
        ):
            with self.assertRaises(HandshakeRefused):
                WebSocketClient(gateway=gateway).connect(principal=principal)

    def test_a_new_password_ends_all_connections_of_the_user(self) -> None:
        ticket = self.api("/api/ticket/", tokens.make(self.ada)).json()["ticket"]
        app = WebSocketClient().connect(query=f"ticket={ticket}")
        tab = WebSocketClient(self.ada).connect()
        self.ada.set_password("another")
        self.ada.save()
        self.assertEqual((app.frames, tab.frames), ([], []))
        self.assertEqual((app.is_open, tab.is_open), (False, False))
