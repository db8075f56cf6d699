"""Kept events: positions, what is held, what is asked for, and what is missing."""

from typing import Any

import pytest

from tests.client.following import Following
from tests.client.scripted import event
from tests.client.scripted_server import ScriptedServer
from wsrouter.client import Gap

FORBIDDEN = {"message": "Forbidden", "connectionId": "c=", "id": None}


def error(code: str, **more: Any) -> dict[str, Any]:
    return {"type": "error", "error": {"code": code, **more}}


def test_posts_that_come_in_another_order_or_twice() -> None:
    page = Following("a")
    page.publish("a", times=4)
    posts = list(page.server.posts)
    page.deliver(-1)
    for socket, frame in posts:
        page.client.get(socket, frame)
    assert (page.seen, page.asked, page.gaps) == ([1, 2, 3, 4], [], [])


def test_a_post_that_does_not_come_is_asked_for_after_two_seconds() -> None:
    page = Following("a")
    page.publish("a")
    page.deliver()
    page.publish("a")
    page.lose()
    page.publish("a", times=2)
    page.deliver()
    page.pass_time(1.9)
    assert (page.seen, page.asked) == ([1], [])
    page.pass_time(0.2)
    assert (page.seen, page.asked) == ([1, 2, 3, 4], [{"a": 1}])
    assert page.gaps == []


def test_a_subscription_brings_what_was_missed_after_its_reply() -> None:
    page = Following()
    page.watch("a")
    page.publish("a")
    page.deliver()
    page.lose_socket()
    page.publish("a", times=2)
    page.open()
    page.publish("a")
    page.deliver()
    assert page.order == ["reply", 1, "reply", 2, 3, 4]
    calls = [each for each in page.server.asked if each["action"] == "watch"]
    place = {"epoch": "00000001", "seq": 1}
    assert [each.get("since") for each in calls] == [None, {"a".ljust(22, "-"): place}]
    assert page.gaps == []


def test_what_is_not_kept_any_more_is_a_gap_and_what_follows_is_delivered() -> None:
    page, own = Following(), list[Any]()
    page.watch("a", on_gap=own.append)
    page.watch("b", on_gap=own.append)
    page.lose_socket()
    page.publish("a", "b")
    page.server.forget_rows("a")
    page.open()
    page.publish("a")
    page.deliver()
    assert page.seen == [1, 2]
    assert own == [Gap(page.server.of("a").id, "watch", {"groups": ["a"]})]
    assert page.client.gaps == own


def test_a_gap_that_a_ping_finds() -> None:
    page = Following("a", "b")
    page.publish("a")
    page.lose()
    page.server.forget_rows("a")
    page.publish("a")
    page.deliver()
    page.pass_time(3)
    assert (page.seen, page.gaps) == ([], ["a"])
    page.publish("a")
    page.deliver()
    assert (page.seen, page.gaps) == ([3], ["a"])


def test_a_reply_that_lacks_a_stream_or_could_not_be_completed() -> None:
    page = Following("a")
    page.server.streams["x"] = page.server.streams.pop("a")
    page.reopen()
    assert page.gaps == ["a"], "the group has another stream"
    page.server.is_unread = True
    page.lose_socket()
    page.publish("a")
    page.open()
    assert page.client.gaps[1:] == [Gap(None, "watch", {"groups": ["a"]})]
    page.server.is_unread = False
    page.reopen()
    assert (page.seen, len(page.gaps)) == ([1], 2)


def test_a_new_epoch_is_a_gap_whichever_frame_tells_of_it() -> None:
    page = Following("a")
    page.publish("a")
    page.deliver()
    page.server.renew_epoch("a")
    page.publish("a")
    page.deliver()
    assert (page.seen, page.gaps) == ([1], [])
    page.pass_time(2.1)
    page.publish("a")
    page.deliver()
    assert (page.seen, page.gaps) == ([1, 3], ["a"])
    page.pass_time(100)
    assert len(page.asked) == 1


def test_events_before_the_reply_of_the_call_that_joined_wait_for_it() -> None:
    page = Following()
    page.start_watching("a")
    page.server.join(page.server.under_way[0])
    page.publish("a")
    posts, page.server.posts = page.server.posts, []
    for socket, frame in posts:
        page.client.get(socket, frame)
    assert page.order == []
    page.answer()
    assert page.order == ["reply", 1]


def test_but_not_for_long() -> None:
    page = Following()
    page.start_watching("a")
    page.server.join(page.server.under_way[0])
    for wait, seen in ((1.9, []), (0.2, [2])):
        if page.server.log == []:
            page.publish("a", times=2)
            page.client.get(*page.server.posts[1])
        page.client.pass_time(wait)
        assert page.seen == seen
    page.client.get(*page.server.posts[0])
    page.client.pass_time(2.1)
    assert page.seen == [2, 1], "it came late and is not lost"
    page.lose()
    page.publish("a")
    page.deliver()
    assert page.order == [2, 1, "reply", 3]


def test_events_wait_for_a_second_subscription_too() -> None:
    page = Following("a")
    page.start_watching("a")
    page.publish("a")
    page.client.get(*page.server.posts[0])
    assert page.order == []
    page.answer()
    assert page.order == ["reply", 1]


def test_a_gap_of_others_is_one_of_a_state_that_was_read_before_it() -> None:
    page = Following()
    page.watch("a")
    own: list[Gap] = []
    page.start_watching("a", on_gap=own.append)
    late = page.server.under_way[0]
    page.server.begin(late)
    page.publish("a")
    page.lose()
    page.server.forget_rows("a")
    page.client.call("watch", {"groups": ["a"]})
    page.server.read(page.client)
    page.client.get(page.socket, page.server.answer(page.server.under_way[1]))
    page.client.pass_time(2.1)
    page.server.read(page.client)
    ping = page.server.under_way[1]
    page.client.get(page.socket, page.server.answer(ping))
    assert (page.gaps, own) == (["a"], [])
    page.answer()
    assert (page.gaps, len(own)) == (["a", "a"], 1)


def test_what_others_were_told_to_be_missing_comes_with_a_state_that_lacks_it() -> None:
    page = Following("a")
    page.start_watching("a")
    (late,) = page.server.under_way
    page.server.begin(late)
    page.publish("a")
    page.lose()
    answer = page.server.answer(late)
    page.server.forget_rows("a")
    page.publish("a")
    page.client.get(*page.server.posts[0])
    page.client.pass_time(4)
    page.answer()
    assert (page.order, page.gaps) == ([], ["a"])
    page.client.get(late.socket, answer)
    assert (page.order, page.gaps) == (["reply", 1], ["a"])


def test_a_reply_that_is_not_complete_is_a_gap_though_a_frame_has_come() -> None:
    page = Following(server=ScriptedServer(last=1))
    page.start_watching("a")
    (late,) = page.server.under_way
    page.server.begin(late)
    page.publish("a", times=2)
    page.server.join(late)
    page.publish("a")
    page.client.get(*page.server.posts.pop())
    page.client.pass_time(3)
    assert (page.seen, page.gaps) == ([3], [])
    page.answer()
    assert (page.seen, page.gaps) == ([3], ["a"])


@pytest.mark.parametrize(("last", "seen", "gaps"), [(9, [1, 2], []), (1, [], ["a"])])
def test_the_slower_of_two_subscriptions(
    last: int, seen: list[int], gaps: list[str]
) -> None:
    """It began before two events that the other one's state has."""
    page = Following(server=ScriptedServer(last=last))
    page.start_watching("a")
    (slow,) = page.server.under_way
    page.server.begin(slow)
    page.publish("a", times=2)
    page.start_watching("a")
    quick = page.server.under_way[1]
    page.client.get(quick.socket, page.server.answer(quick))
    assert page.seen == []
    page.answer()
    assert (page.seen, page.gaps) == (seen, gaps)


def test_a_stream_that_did_not_fit_is_asked_for_from_where_the_call_began() -> None:
    page = Following(server=ScriptedServer(reply_bytes=400))
    page.start_watching("b", "a")
    (late,) = page.server.under_way
    page.server.begin(late)
    for group in "aabb":
        page.publish(group)
    page.server.join(late)
    page.publish("a")
    page.client.get(*page.server.posts.pop())
    page.client.pass_time(3)
    assert page.seen == [5]
    page.server.reply_bytes = 500
    page.answer()
    page.pass_time(1)
    assert (page.seen, page.gaps) == ([5, 3, 4, 1, 2], [])


def handed_over(page: Following, after: float = 60) -> Any:
    """The former socket; the calls over the new one are under way."""
    former = page.socket
    page.client.pass_time(after)
    page.client.open()
    page.server.read(page.client)
    return former


def test_frames_of_a_stream_wait_for_the_call_that_repeats_its_subscription() -> None:
    page = Following("a", hand_over=60.0, hand_over_spread=0.0)
    former = handed_over(page)
    page.publish("a", times=3)
    for socket, frame in (page.server.posts[0], page.server.posts[2]):
        assert socket is former
        page.client.get(socket, frame)
    page.client.pass_time(5)
    assert (page.seen, page.gaps, page.asked) == ([], [], [{}])
    page.answer()
    assert (page.order, page.gaps) == (["reply", 1, 2, 3], [])


def test_a_reply_over_a_former_socket_tells_nothing() -> None:
    page = Following(hand_over=60.0, hand_over_spread=0.0)
    page.client.pass_time(55)
    page.start_watching("a")
    (first,) = page.server.under_way
    page.server.join(first)
    page.publish("a")
    handed_over(page, 5)
    page.client.get(first.socket, page.server.answer(first))
    assert page.order == []
    page.answer()
    page.deliver()
    assert (page.order, page.gaps) == (["reply"], []), "event 1 is in the state"


def test_an_event_of_two_streams_is_delivered_once_and_moves_both() -> None:
    page = Following("a", "b")
    page.publish("a", "b")
    page.publish("b")
    page.deliver()
    page.lose_socket()
    page.publish("b", "a")
    page.open()
    assert (page.seen, page.gaps) == ([1, 2, 3], [])
    page.pass_time(5)
    assert page.asked == [{}]


def test_what_somebody_was_excluded_from_moves_the_position() -> None:
    page = Following("a")
    page.server.publish("a", is_excluded=True)
    page.publish("a")
    page.deliver(-1)
    page.pass_time(5)
    assert (page.seen, page.asked, page.gaps) == ([2], [], [])


def test_a_lost_last_event_is_found_within_five_minutes() -> None:
    page = Following("a", keep_alive=1000.0)
    page.publish("a")
    page.lose()
    page.pass_time(299)
    assert page.seen == []
    page.pass_time(2)
    assert (page.seen, page.gaps) == ([1], [])


def test_positions_of_the_program_go_with_the_first_ping() -> None:
    server = ScriptedServer()
    since = server.positions("me")
    server.publish("me")
    page = Following(server=server, since=since)
    assert (page.asked, page.seen) == ([{"me": 0}], [])


def test_positions_of_a_subscription_go_with_its_first_call() -> None:
    page = Following()
    page.publish("a", "b", times=4)
    since = page.server.positions("a", "b")
    page.publish("a")
    page.watch("a", since=since)
    assert page.server.asked[0]["since"] == since
    page.publish("b")
    page.watch("b")
    assert (page.seen, page.gaps) == ([5, 6], [])


def test_an_empty_since_opens_the_streams_that_no_reply_tells_of() -> None:
    page = Following(since={})
    page.server.members[page.socket].add("me")
    page.publish("me")
    page.deliver()
    page.lose_socket()
    page.publish("me")
    socket = page.client.opening[-1]
    page.server.members[socket].add("me")
    page.open()
    assert page.asked == [{}, {"me": 1}]
    assert (page.seen, page.gaps) == ([1, 2], [])


def test_where_nothing_is_kept_nothing_is_asked() -> None:
    page = Following()
    page.client.subscribe("join")
    page.reopen()
    page.pass_time(660)
    pings = [each for each in page.server.asked if each["action"] == "wsrouter.ping"]
    assert [ping.get("since") for ping in pings] == [None, None]


def test_where_pings_are_forbidden_a_post_that_does_not_come_is_a_gap() -> None:
    page = Following("a")
    page.server.ping_answer = FORBIDDEN
    page.pass_time(360)
    assert (page.gaps, len(page.asked)) == ([], 1)
    page.publish("a")
    page.lose()
    page.publish("a")
    page.deliver()
    page.pass_time(3)
    assert (page.seen, page.gaps) == ([2], ["a"])
    page.lose_socket()
    page.publish("a")
    page.open()
    page.pass_time(600)
    assert (page.seen, page.gaps, len(page.asked)) == ([2, 3], ["a"], 1)
    assert page.client.reports == []


def test_a_ping_that_is_refused_for_this_socket_is_tried_over_the_next() -> None:
    page = Following("a")
    page.server.ping_answer = error("not_authenticated")
    page.publish("a")
    page.lose()
    page.publish("a")
    page.deliver()
    page.pass_time(600)
    assert (page.seen, page.gaps, len(page.asked)) == ([2], ["a"], 1)
    page.server.ping_answer = None
    page.reopen()
    assert (len(page.asked), len(page.gaps)) == (2, 1)


@pytest.mark.parametrize(
    "refusal", [error("throttled", retry=True), error("internal_error")], ids=str
)
def test_one_that_fails_for_the_moment_is_repeated(refusal: Any) -> None:
    page = Following("a")
    page.server.ping_answer = refusal
    page.publish("a")
    page.lose()
    page.publish("a")
    page.deliver()
    page.pass_time(10)
    assert (page.seen, page.gaps) == ([], [])
    assert 2 <= len(page.asked) <= 5
    page.server.ping_answer = None
    page.pass_time(3)
    assert (page.seen, page.gaps) == ([1, 2], [])


def test_a_ping_without_an_answer_is_no_gap() -> None:
    page = Following("a")
    page.publish("a")
    page.lose()
    page.publish("a")
    page.deliver()
    page.client.pass_time(20)
    assert (page.seen, page.gaps) == ([], [])
    page.pass_time(20)
    assert (page.seen, page.gaps) == ([1, 2], [])


def test_streams_that_do_not_fit_into_one_reply_are_asked_for_at_once() -> None:
    groups = [f"g{number}" for number in range(5)]
    page = Following(*groups, server=ScriptedServer(reply_bytes=400))
    page.lose_socket()
    for group in groups:
        page.publish(group, times=2)
    page.open()
    page.pass_time(1)
    assert (sorted(page.seen), page.gaps) == (list(range(1, 11)), [])


def test_of_more_than_a_hundred_streams_those_are_asked_for_that_miss() -> None:
    groups = [f"g{number}" for number in range(130)]
    page = Following(*groups)
    page.lose_socket()
    for group in groups:
        page.publish(group)
    page.open()
    page.pass_time(5)
    assert (len(page.seen), page.gaps) == (130, [])
    sizes = [len(message.get("since", ())) for message in page.server.asked]
    assert sizes == [0, 100, 0, 100]


def test_a_subscription_that_ended_is_forgotten_its_frames_are_still_events() -> None:
    page = Following("a", "b")
    stop = page.watch("b")
    page.order.clear()
    page.stop()
    page.publish("a")
    page.deliver()
    assert page.seen == [1]
    page.lose_socket()
    page.publish("a", "b")
    page.open()
    assert (page.seen, page.gaps) == ([1, 2], [])
    stop()
    page.reopen()
    assert page.gaps == []


def test_a_stream_that_a_call_joined_is_missing_on_the_next_socket() -> None:
    page = Following()
    page.client.call("watch", {"groups": ["a", "b"]})
    page.answer()
    page.client.call("unwatch", {"groups": ["b"]})
    page.pass_time(360)
    assert page.gaps == [], "one that was left is not"
    page.reopen()
    assert page.client.gaps == [Gap(page.server.of("a").id)]


def test_a_group_that_is_joined_again_while_a_ping_is_under_way() -> None:
    page = Following()

    def call(action: str) -> None:
        page.client.call(action, {"groups": ["a"]})
        page.answer()

    call("watch")
    page.client.pass_time(240)
    page.server.read(page.client)
    (ping,) = page.server.under_way
    page.server.members.clear()
    answer = page.server.answer(ping)
    call("watch")
    page.client.get(ping.socket, answer)
    page.publish("a")
    page.lose()
    page.publish("a")
    page.deliver()
    page.pass_time(3)
    assert (page.seen, page.gaps) == ([1, 2], [])


def test_an_answer_that_comes_too_late_to_be_a_gap() -> None:
    page = Following("a")
    page.publish("a", times=2)
    (_, first), _ = page.server.posts
    page.lose()
    page.server.forget_rows("a", 1)
    page.client.pass_time(240)
    page.server.read(page.client)
    (ping,) = page.server.under_way
    answer = page.server.answer(ping)
    assert not answer["streams"][0]["recovered"]
    page.client.get(page.socket, first)
    page.client.get(page.socket, answer)
    page.pass_time(3)
    assert (page.seen, page.gaps) == ([1, 2], [])


def test_frames_of_a_former_epoch_are_waited_for_no_more() -> None:
    page = Following("a", keep_alive=1000.0)
    page.publish("a")
    page.lose()
    page.publish("a")
    page.deliver()
    page.server.renew_epoch("a")
    page.pass_time(100)
    assert (page.gaps, len(page.asked)) == (["a"], 1)


def test_a_reply_that_is_ahead_has_what_lies_between_asked_for() -> None:
    page = Following("a")
    page.publish("a")
    page.client.call("watch", {"groups": ["a"]})
    page.answer()
    page.client.pass_time(1.9)
    assert (page.seen, page.gaps) == ([], [])
    page.pass_time(0.2)
    assert (page.seen, page.gaps) == ([1], [])
    page.deliver()
    assert page.seen == [1]


def test_the_flat_envelope() -> None:
    page = Following(flat=True)
    payload = {"payload": {"groups": ["a"]}}
    page.client.subscribe("watch", payload=payload)
    page.answer()
    page.lose_socket()
    page.publish("a")
    page.open()
    place = {"a".ljust(22, "-"): {"epoch": "00000001", "seq": 0}}
    found = [message.get("$since") for message in page.server.asked]
    assert found == [None, place, {}]
    assert page.seen == [1]


def test_a_message_without_room_for_positions_goes_without_them() -> None:
    page = Following(message_bytes=100)
    page.watch("a")
    page.lose_socket()
    page.publish("a")
    page.open()
    assert [message.get("since") for message in page.server.asked[:2]] == [None, None]
    page.client.protocol.close()


def test_frames_with_a_place_that_is_none_are_events_like_others() -> None:
    page = Following()
    for number, place in enumerate([None, 5, {}, {"id": "x", "epoch": "e"}]):
        page.client.get(page.socket, event(number) | {"stream": place})
    assert page.seen == [0, 1, 2, 3]


def test_a_client_that_is_closed_delivers_nothing_more() -> None:
    page = Following("a")
    page.publish("a", times=2)
    page.client.get(*page.server.posts[1])
    page.client.protocol.close()
    page.client.look()
    page.client.get(*page.server.posts[0])
    assert (page.seen, page.gaps, page.client.is_idle) == ([], [], True)
