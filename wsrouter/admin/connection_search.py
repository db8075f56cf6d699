"""What the search box of the connections finds, and along which index."""

from collections.abc import Callable
from urllib.parse import quote

from django.db.models import Q

from wsrouter.admin.find_users import find_users
from wsrouter.admin.walk import Walk
from wsrouter.models import OpenConnection
from wsrouter.registry.database import alias

HELP = (
    "A connection id; a user by name, its beginning, or primary key;"
    " or with a word before it: user:7, group:orders.7, ip:203.0.113.9"
)
NO_ROW = Q(pk__in=())


def searched(text: str) -> Walk | None:
    """How to read what a text stands for; None for an empty one."""
    word, colon, rest = text.partition(":")
    if colon and (find := _WORDS.get(word.strip().lower())):
        return find(rest.strip())
    return _one(text) or of_users(text) if text else None


def _one(text: str) -> Walk | None:
    """The connection with this id, if there is one."""
    named = Q(connection_id=text)
    if not OpenConnection.objects.using(alias()).filter(named).exists():
        return None
    return Walk(order=("connection_id",), within=named, count="connection_id")


def of_users(text: str) -> Walk:
    """The rows of the user whom the text finds; addresses to choose from where several
    match."""
    users = find_users(text.removeprefix("user:").strip())
    if len(users) != 1:
        choices = tuple((f"?q=pk:{quote(str(user.pk))}", str(user)) for user in users)
        return Walk(within=NO_ROW, count="pk", choices=choices)
    within = Q(user=users[0].pk)
    return Walk(order=("connection_id",), within=within, count="connection_id")


def _of_group(name: str) -> Walk:
    """Read from the index of the memberships, which is in this order for each group."""
    key = "memberships__connection_id"
    return Walk(order=(key,), within=Q(memberships__group=name), count=key)


def _from_address(address: str) -> Walk:
    return Walk(only=Q(source_ip=address), is_filtered=True)


_WORDS: dict[str, Callable[[str], Walk]] = {
    "group": _of_group,
    "id": lambda text: _one(text) or Walk(within=NO_ROW, count="pk"),
    "ip": _from_address,
    "pk": lambda text: of_users(f"pk:{text}"),
    "user": of_users,
}
