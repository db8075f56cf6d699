"""Whom an event reaches: connections, users, groups and everyone."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, Group, User
from django.db import models, transaction
from django.test import override_settings
from django.test.utils import isolate_apps
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from tests.django.events import Gateway
from tests.django.group_routes import Peer, done, told, within
from tests.project.shop.models import Person
from wsrouter import Connection, ConnectionGone, Delivery, Report, connections, tickets
from wsrouter.conf import ConfigurationError
from wsrouter.delivery.memory import MemoryTransport
from wsrouter.errors import HandshakeNotDone, InvalidValue
from wsrouter.identity import primary_key
from wsrouter.models import OpenConnection
from wsrouter.receivers import on_user_saved
from wsrouter.registry.open_connections import ConnectionRegistry
from wsrouter.registry.recipients import StoredRecipients
from wsrouter.routing.ports import Recipients

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


def test_to_a_connection(transport: MemoryTransport) -> None:
    first, second = Peer(transport), Peer(transport)
    assert told.send("x", connection=first.id) == done(1)
    assert told.send("x", connection=Connection(second.id)) == done(1)
    assert told.send("x", connection=first.id.lower()) == done(0)
    assert (first.got, second.got) == (1, 1)


def test_to_a_user(transport: MemoryTransport, user: User, other: User) -> None:
    tab, phone, bob = (Peer(transport, each) for each in (user, user, other))
    assert told.send("x", user=user) == done(2)
    assert told.send("x", user=user.pk) == done(2)
    assert (tab.got, phone.got, bob.got) == (2, 2, 0)


def test_an_object_of_another_model_is_no_user(
    transport: MemoryTransport, user: User
) -> None:
    """Its primary key may be that of a stranger, who would get a private event."""
    ada = Peer(transport, user)
    profile = Group.objects.create(pk=user.pk, name="a profile of bob")
    for options in (
        {"user": profile},
        {"users": [user, profile]},
        {"users": Group.objects.all()},
        {"everyone": True, "exclude": profile},
        {"everyone": True, "exclude": [profile]},
    ):
        with pytest.raises(TypeError, match=r"Group.*User|User.*Group"):
            told.send("x", **options)
    with pytest.raises(TypeError, match="Group: it is no User"):
        connections.end(profile)
    assert ada.got == 0
    assert told.send("y", user=user) == done(1)


def test_a_user_by_another_name(transport: MemoryTransport, user: User) -> None:
    """Proxies, children with a table of their own, `request.user`, keys as text."""
    peer = Peer(transport, user)
    with isolate_apps("tests.project.shop"):

        class Agent(User):
            class Meta:
                app_label = "shop"

        agent = Agent(pk=user.pk)
    names = [
        Person.objects.get(),
        agent,
        SimpleLazyObject(lambda: user),
        user.pk,
        str(user.pk),
    ]
    for name in names:
        assert told.send("x", user=name) == done(1)
        assert told.send("x", users=[name]) == done(1)
        if hasattr(name, "pk"):
            assert told.send("x", everyone=True, exclude=name) == done(0)
    assert peer.got == 2 * len(names)


def users_of(names: str) -> list[User]:
    return [User.objects.create(username=name) for name in names]


def test_to_several_users(transport: MemoryTransport) -> None:
    users = users_of("abc")
    a, b, c, d = (Peer(transport, each) for each in (*users, None))
    assert told.send("x", users=users[:2]) == done(2)
    assert told.send("x", users=(each.pk for each in users)) == done(3)
    assert told.send("x", users=[*users, *users], exclude=users[0]) == done(2)
    assert told.send("x", users=[]) == done(0)
    assert (a.got, b.got, c.got, d.got) == (2, 3, 2, 0)


@pytest.mark.parametrize(
    "queryset",
    [
        lambda: User.objects.exclude(username="c"),
        lambda: User.objects.order_by("username")[:2],
        lambda: User.objects.exclude(username="c").values_list("pk", flat=True),
        lambda: User.objects.exclude(username="c").select_related(None),
        lambda: Person.objects.exclude(username="c").only("username"),
        lambda: (
            OpenConnection.objects.exclude(user__username="c")
            .filter(user__isnull=False)
            .values_list("user", flat=True)
        ),
    ],
)
def test_a_queryset_of_users_is_one_query(
    transport: MemoryTransport, queryset: Any, django_assert_num_queries: Any
) -> None:
    peers = [Peer(transport, each) for each in (*users_of("abc"), None)]
    with django_assert_num_queries(2):  # the other one reads the recipients
        assert told.send("x", users=queryset()) == done(2)
    read = queryset()
    assert len(read) == 2
    with django_assert_num_queries(1):
        assert told.send("x", users=read) == done(2)
    assert [peer.got for peer in peers] == [2, 2, 0, 0]


def test_users_are_those_of_the_call(transport: MemoryTransport, user: User) -> None:
    peer = Peer(transport, user)
    with transaction.atomic():
        told.send("x", users=User.objects.filter(is_active=True))
        User.objects.update(is_active=False)
    assert peer.got == 1


def test_what_is_no_queryset_of_users(transport: MemoryTransport, user: User) -> None:
    wrong: list[tuple[Any, str]] = [
        ({"user": [user, user]}, "not a list; users= takes several"),
        ({"user": User.objects.all()}, "not a QuerySet; users= takes several"),
        ({"user": True}, "not True"),
        ({"user": "ada"}, "not 'ada'"),
        ({"user": User}, "not <class"),
        ({"user": 1.0}, "not 1.0"),
        ({"user": Decimal("1.9")}, "not Decimal('1.9')"),
        ({"user": 2**70}, "not 1180591620717411303424"),
        ({"user": "9" * 30}, "not '999"),
        ({"users": user}, "not a User; user= takes one"),
        ({"users": "ada"}, "not a str; user= takes one"),
        ({"users": 7}, "not a int; user= takes one"),
        ({"users": ["ada"]}, "not 'ada'"),
        ({"users": User.objects.values("pk")}, "values_list"),
        ({"users": User.objects.values_list("username", flat=True)}, "not 'ada'"),
    ]
    for options, mistake in wrong:
        with pytest.raises(TypeError, match=re.escape(mistake)):
            told.send("x", **options)


def test_none_is_not_the_anonymous_ones(transport: MemoryTransport, user: User) -> None:
    """A column that may be NULL: an order without a customer is nobody's."""
    ada, guest = Peer(transport, user), Peer(transport)
    nobody: list[Any] = [
        [None],
        [None, user],
        iter([None]),
        OpenConnection.objects.values_list("user", flat=True),
        list(OpenConnection.objects.values_list("user", flat=True)),
    ]
    for users in nobody:
        with pytest.raises(TypeError, match="not None"):
            told.send("x", users=users)
    with pytest.raises(TypeError, match="not None"):
        connections.end(None)
    assert (ada.got, guest.got) == (0, 0)
    assert told.send("x", everyone=True) == done(2)


def test_a_child_with_a_key_of_its_own(
    transport: MemoryTransport, user: User, other: User
) -> None:
    """Its key is that of a stranger in the table of users."""
    with isolate_apps("tests.project.shop"):

        class Seller(User):
            number = models.AutoField(primary_key=True)
            account = models.OneToOneField(User, models.CASCADE, parent_link=True)

            class Meta:
                app_label = "shop"

        seller = Seller(number=other.pk, account_id=user.pk, id=user.pk)
    seller._state.adding, seller.password = False, user.password
    ada, bob = Peer(transport, user), Peer(transport, other)
    assert told.send("x", user=seller) == done(1)
    assert told.send("x", users=[seller]) == done(1)
    assert told.send("x", everyone=True, exclude=seller) == done(1)
    assert (ada.got, bob.got) == (2, 1)
    assert (primary_key(seller), primary_key(AnonymousUser())) == (user.pk, None)
    text = tickets.issue(seller)["ticket"]
    by_ticket = Gateway()
    assert by_ticket.connect(query=f"?ticket={text}").status_code == 200
    assert connections.get(by_ticket.id).user == user
    seller.password = "another"
    on_user_saved(instance=seller, created=False, update_fields=None)
    assert connections.get(bob.id).user == other
    with pytest.raises(ConnectionGone):
        connections.get(ada.id)


def test_what_names_no_groups_and_no_gateway(transport: MemoryTransport) -> None:
    peer = Peer(transport)
    wrong: list[tuple[Any, str]] = [
        ({"groups": 5}, "not a int; use group= for one"),
        ({"groups": "all"}, "not a str; use group= for one"),
        ({"groups": b"all"}, "not a bytes; use group= for one"),
        ({"everyone": True, "gateway": ""}, "not ''; without it"),
        ({"everyone": True, "gateway": []}, "not []; without it"),
        ({"everyone": True, "gateway": 5}, "not 5; without it"),
    ]
    for options, mistake in wrong:
        with pytest.raises(TypeError, match=re.escape(mistake)):
            told.send("x", **options)
    assert peer.got == 0


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "a\n"])
def test_a_text_that_cannot_be_a_connection_id(
    transport: MemoryTransport, text: str
) -> None:
    """It may come from a client; no database can be asked for it."""
    for options in (
        {"connection": text},
        {"connections": [text]},
        {"connection": Connection(text)},
        {"everyone": True, "exclude": text},
    ):
        with pytest.raises(InvalidValue, match="printable"):
            told.send("x", **options)
    with pytest.raises(ConnectionGone):
        connections.get(text)


def test_too_many_users(
    transport: MemoryTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    users_of("abcd")
    monkeypatch.setattr("wsrouter.registry.user_keys.MAX_USERS", 3)
    for users in (User.objects.all(), range(4), list(User.objects.all())):
        with pytest.raises(ValueError, match="more than 3 users: let their"):
            told.send("x", users=users)
    assert told.send("x", users=range(3)) == done(0)


def test_named_recipients_are_read_in_chunks(
    transport: MemoryTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wsrouter.registry.recipient_pages.KEYS", 3)
    monkeypatch.setattr("wsrouter.registry.recipient_pages.PAGE", 2)
    users = users_of("abcdefgh")
    peers = [Peer(transport, each) for each in users * 2]
    assert told.send("x", users=users) == done(16)
    ids = [peer.id for peer in peers]
    assert told.send("x", connections=ids, exclude=ids[0]) == done(15)
    assert told.send("x", everyone=True, exclude=users[1:]) == done(2)
    source = StoredRecipients()
    keys = frozenset(each.pk for each in users)
    assert source.exceeds(Recipients(users=keys), 15)
    assert not source.exceeds(Recipients(users=keys), 16)
    assert peers[0].got == 2


def test_to_groups(transport: MemoryTransport) -> None:
    first, second = Peer(transport), Peer(transport)
    ConnectionRegistry().join(first.id, "a")
    ConnectionRegistry().join(second.id, "A")
    assert told.send("x", group="a") == done(1)
    assert told.send("x", groups=["a", "all", "none"]) == done(2)
    assert told.send("x", group="none") == done(0)
    assert (first.got, second.got) == (2, 1)


def test_to_everyone_except(transport: MemoryTransport) -> None:
    first, second, third = (Peer(transport) for _ in range(3))
    assert told.send("x", everyone=True) == done(3)
    assert told.send("x", everyone=True, exclude=first.id) == done(2)
    both = [first.id, Connection(second.id)]
    assert told.send("x", group="all", exclude=both) == done(1)
    assert (first.got, second.got, third.got) == (1, 2, 3)


def test_to_one_gateway(transport: MemoryTransport) -> None:
    secret = "x" * 32
    entry = {"ROUTER": "tests.django.events.served", "SECRET": secret}
    with override_settings(WSROUTER={"default": entry, "other": entry}):
        one = Peer(transport, secret=secret)
        two = Peer(transport, secret=secret, alias="other")
        assert told.send("x", everyone=True, gateway="other") == done(1)
        assert told.send("x", group="all") == done(2)
    assert (one.got, two.got) == (1, 2)


def test_to_a_gateway_that_is_not_there(transport: MemoryTransport) -> None:
    peer = Peer(transport)
    with pytest.raises(
        ConfigurationError, match="has no gateway 'nope', only: default"
    ):
        told.send("x", everyone=True, gateway="nope")
    assert peer.got == 0


@pytest.mark.parametrize("user", [AnonymousUser(), User(username="unsaved")])
def test_nobody_is_not_everybody(transport: MemoryTransport, user: Any) -> None:
    peer = Peer(transport)
    with pytest.raises(ValueError):
        told.send("x", user=user)
    assert told.send("x", groups=[]) == done(0)
    with pytest.raises(TypeError):
        told.send("x", connection="")
    assert list(StoredRecipients().pages(Recipients())) == []
    assert peer.got == 0


def test_more_than_a_page(transport: MemoryTransport, monkeypatch: Any) -> None:
    monkeypatch.setattr("wsrouter.registry.recipient_pages.PAGE", 3)
    peers = [Peer(transport) for _ in range(8)]
    assert told.send("x", everyone=True, exclude=peers[0].id) == done(7)
    assert [peer.got for peer in peers] == [0] + [1] * 7


def test_expired_connections_are_skipped(transport: MemoryTransport) -> None:
    peer = Peer(transport)
    OpenConnection.objects.update(expires_at=timezone.now())
    assert told.send("x", everyone=True) == done(0)
    assert told.send("x", connection=peer.id) == done(0)
    assert peer.got == 0


def test_from_inside_connect(
    transport: MemoryTransport, user: User, deliveries: list[Delivery]
) -> None:
    old, found = Peer(transport, user), []
    within.append(lambda new: found.append(told.send("x", everyone=True)))
    within.append(lambda new: found.append(told.send("x", user=user)))
    within.append(lambda new: found.append(told.send("x", group="all")))
    within.append(lambda new: found.append(told.send("x", group="none")))
    within.append(lambda new: found.append(told.send("x", connection=old.id)))
    new = Peer(transport, user)
    assert [each.status for each in found] == ["deferred"] * 5
    reports = [each.report or Report() for each in deliveries]
    assert [report.left_out for report in reports] == [1, 1, 1, 0, 0]
    assert [report.delivered for report in reports] == [1, 1, 1, 0, 1]
    assert (old.got, new.got) == (4, 0)


@pytest.mark.parametrize(
    "act",
    [
        lambda new: told.send("x", connection=new),
        lambda new: told.send("x", connection=new.id),
        lambda new: new.close(),
        lambda new: new.info(),
    ],
)
def test_the_new_connection_cannot_be_reached_in_connect(
    transport: MemoryTransport, act: Any
) -> None:
    refused: list[type] = []

    def check(new: Connection) -> None:
        with pytest.raises(HandshakeNotDone) as raised:
            act(new)
        refused.append(raised.type)

    within.append(check)
    Peer(transport)
    assert refused == [HandshakeNotDone]


def test_a_repeated_connect_leaves_the_connection_out_too(
    transport: MemoryTransport, user: User
) -> None:
    peer = Peer(transport, user)
    within.append(lambda new: told.send("x", everyone=True))
    peer.connect(user)
    assert peer.got == 0
