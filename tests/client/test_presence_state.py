"""What a view of a group shows, whatever order lists and events come in."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.client.test_any_order import EXAMPLES
from wsrouter.client.presence_state import PresenceState
from wsrouter.client.presence_view import key_of


def member(key: str, **more: Any) -> dict[str, Any]:
    return {"id": key, **more}


def event(
    version: int, joined: str | None = "", left: str | None = "", count: int = 0
) -> dict[str, Any]:
    names = {"joined": joined, "left": left}
    members = {
        key: None if value is None else list(map(member, value))
        for key, value in names.items()
    }
    return {"group": "g", **members, "count": count, "version": version}


def listing(version: int, names: str | None, count: int = 0) -> dict[str, Any]:
    members = None if names is None else list(map(member, names))
    return {"members": members, "count": count or len(names or ""), "version": version}


class Shown(PresenceState):
    def __init__(self, *first: Any) -> None:
        super().__init__(key=key_of("id"), leave_delay=5.0)
        if first:
            self.listed(listing(*first), 0)

    @property
    def names(self) -> str | None:
        if self.members is None:
            return None
        return "".join(sorted(each["id"] for each in self.members))


def test_a_leave_is_shown_after_a_while_unless_the_member_comes_back() -> None:
    shown = Shown(1, "ab")
    assert shown.changed(event(2, left="ab", count=0), now=10)
    assert (shown.names, shown.count, shown.deadline()) == ("ab", 2, 15)
    shown.changed(event(3, joined="b", count=1), now=12)
    assert not shown.tick(14)
    assert shown.tick(15)
    assert (shown.names, shown.count) == ("b", 1)
    assert shown.deadline() == float("inf")


def test_a_fresh_list_settles_everything() -> None:
    shown = Shown(1, "abc")
    shown.changed(event(2, left="a"), now=0)
    shown.listed(listing(9, "ad"), now=1)
    assert shown.names == "abcd"
    shown.tick(6)
    assert (shown.names, shown.count) == ("ad", 2)


def test_what_is_older_than_the_list_counts_no_more() -> None:
    shown = Shown(5, "a")
    assert not shown.changed(event(5, joined="b", left="a"), now=0)
    assert (shown.names, shown.count) == ("a", 1)


def test_a_server_that_counts_anew() -> None:
    shown = Shown(500, "a")
    shown.changed(event(600, joined="b", count=2), now=0)
    shown.listed(listing(4, "c"), now=0)
    shown.tick(5)
    assert (shown.names, shown.count) == ("c", 1)
    shown.changed(event(5, joined="d", count=2), now=5)
    assert (shown.names, shown.count) == ("cd", 2)


def test_events_that_overtake_each_other_and_the_list() -> None:
    shown = Shown()
    shown.changed(event(8, joined="b", count=2), now=0)
    shown.changed(event(7, joined="ac", left="b", count=1), now=0)
    assert shown.names is None
    shown.changed(event(9, left="c", count=2), now=0)
    shown.listed(listing(6, "c", count=1), now=0)
    assert (shown.names, shown.count) == ("abc", 3)
    shown.tick(5)
    assert (shown.names, shown.count) == ("ab", 2)


def test_a_large_group_is_a_number() -> None:
    shown = Shown(1, None, 700)
    assert (shown.members, shown.count) == (None, 700)
    shown.changed(event(2, joined="a", count=701), now=0)
    assert (shown.members, shown.count) == (None, 701)
    shown.listed(listing(3, "ab"), now=0)
    shown.changed(event(4, left="a", count=1), now=0)
    shown.changed(event(5, None, None, count=900), now=0)
    assert (shown.members, shown.count, shown.tick(9)) == (None, 900, False)
    shown.listed(listing(4, "ab"), now=0)
    assert (shown.members, shown.count) == (None, 900), "it has grown since"
    shown.listed(listing(6, "ab"), now=0)
    assert (shown.names, shown.count) == ("ab", 2)


def test_a_member_may_look_different_and_be_the_same() -> None:
    shown = Shown(1, "a")
    change = event(2) | {"joined": [member("a", name="Ada")]}
    shown.changed(change, now=0)
    assert shown.members == [member("a", name="Ada")]


def test_without_the_field_the_whole_member_counts() -> None:
    key = key_of("id")
    assert key({"name": "ada"}) == key({"name": "ada"}) != key({"name": "bob"})
    assert key("ada") == key("ada") != key({"id": 7, "name": "ada"})


CHANGES = st.lists(st.tuples(st.sampled_from("abcd"), st.booleans()), max_size=12)


@settings(max_examples=EXAMPLES * 2, deadline=None)
@given(CHANGES, st.data())
def test_in_the_end_it_shows_who_is_there(
    changes: list[tuple[str, bool]], data: st.DataObject
) -> None:
    """Lists are read while the group changes, and come in their order; events come in
    any order, and twice."""
    here: set[str] = set()
    messages: list[tuple[str, Any]] = [("list", listing(0, ""))]
    for version, (name, is_join) in enumerate(changes, start=1):
        lags = data.draw(st.integers(0, 2))
        if is_join != (name in here):
            (here.add if is_join else here.discard)(name)
            change = {"joined": name} if is_join else {"left": name}
            messages.append(("event", event(version, **change, count=len(here))))
        read = listing(max(0, version - lags), "".join(here), len(here))
        messages += [("list", read)] if data.draw(st.booleans()) else []
    shown, truth = Shown(), "".join(sorted(here))
    lists = [one for one in messages if one[0] == "list"]
    lists.sort(key=lambda one: one[1]["version"])
    for now, (kind, message) in enumerate(data.draw(st.permutations(messages))):
        message = lists.pop(0)[1] if kind == "list" else message
        if kind == "list":
            shown.listed(message, now)
        else:
            shown.changed(message, now)
            shown.changed(message, now)
        if data.draw(st.booleans()):
            shown.tick(now)
    shown.tick(1000)
    assert shown.names == truth
