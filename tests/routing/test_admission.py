"""Who may call a route, and how often."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.routing.builders import Gateway, Run, User
from wsrouter import AnyOf, Connection, Router


def yes(connection: Connection) -> bool:
    return True


def no(connection: Connection) -> bool:
    return False


async def yes_async(connection: Connection) -> bool:
    return True


async def no_async(connection: Connection) -> bool:
    return False


class Is:
    def __init__(self, answer: bool) -> None:
        self.answer = answer

    async def __call__(self, connection: Connection) -> bool:
        return self.answer


def asked(router: Router, user: Any = None, run: Run | None = None) -> Any:
    gateway = Gateway(router, user=user, run=run) if run else Gateway(router, user=user)
    answer = gateway.call("a", {})
    assert gateway.crashes == []
    return answer


def with_permissions(*permissions: Any) -> Router:
    router = Router()
    router.route("a", permissions=permissions)(lambda: "done")
    return router


@pytest.mark.parametrize(
    ("user", "answer"),
    [
        (None, "not_authenticated"),
        (User(), "permission_denied"),
        (User(1, "orders.view"), "permission_denied"),
        (User(1, "orders.view", "orders.change"), "done"),
    ],
)
def test_django_permissions(user: Any, answer: str, run: Run) -> None:
    router = with_permissions("orders.view", "orders.change")
    assert asked(router, user, run) == answer


@pytest.mark.parametrize(
    ("user", "answer"),
    [
        (None, "not_authenticated"),
        (User(), "permission_denied"),
        (User(1, "orders.view"), "done"),
        (User(1, "orders.change"), "done"),
    ],
)
def test_one_permission_of_several(user: Any, answer: str, run: Run) -> None:
    one = AnyOf("orders.view", "orders.change")
    assert asked(with_permissions(one), user, run) == answer
    assert asked(with_permissions(one, no_async), user, run) != "done"


@pytest.mark.parametrize("allows", [yes, yes_async])
def test_a_function_among_several_decides_about_anonymous_users(
    allows: Callable[..., Any], run: Run
) -> None:
    answers = [
        asked(with_permissions(AnyOf("orders.view", last)), None, run)
        for last in (allows, no, AnyOf(no_async, allows))
    ]
    assert answers == ["done", "permission_denied", "done"]


@pytest.mark.parametrize(
    ("permission", "answer"),
    [
        (yes, "done"),
        (no, "permission_denied"),
        (yes_async, "done"),
        (no_async, "permission_denied"),
        (Is(True), "done"),
        (Is(False), "permission_denied"),
        (lambda connection: yes_async(connection), "done"),
        (lambda connection: no_async(connection), "permission_denied"),
    ],
)
def test_permissions_of_functions(
    permission: Callable[..., Any], answer: str, run: Run
) -> None:
    assert asked(with_permissions(permission), None, run) == answer
    assert asked(with_permissions(yes, permission), None, run) == answer


def test_a_permission_that_crashes_lets_nobody_in() -> None:
    def failing(connection: Connection) -> bool:
        raise ValueError

    gateway = Gateway(with_permissions(failing))
    assert gateway.call("a") == "internal_error"


@pytest.mark.parametrize(
    "router",
    [
        lambda: Router(login_required=True),
        lambda: Router(permissions=["orders.view"]),
    ],
)
def test_what_a_router_asks_holds_for_all_in_it(router: Callable[[], Router]) -> None:
    root, inner = router(), Router()
    root.include(inner)
    inner.route("a")(lambda: "done")
    assert asked(root) == "not_authenticated"
    assert asked(root, User(1, "orders.view")) == "done"


def test_login_required() -> None:
    router = Router()
    router.route("a", login_required=True)(lambda: "done")
    assert asked(router) == "not_authenticated"
    assert asked(router, User()) == "done"


def test_what_a_router_asks_holds_for_its_default_handler() -> None:
    router = Router(login_required=True)
    router.default(lambda: "done")
    assert asked(router) == "not_authenticated"


def test_who_may_not_call_learns_nothing_of_the_payload() -> None:
    router = Router()

    @router.route("a", login_required=True)
    def handler(payload: int) -> None: ...

    assert asked(router) == "not_authenticated"


def throttled(throttle: str) -> Router:
    router = Router()
    router.route("a", throttle=throttle)(lambda: "done")
    return router


def test_throttle(run: Run) -> None:
    gateway = Gateway(throttled("2/m"), run=run)
    assert [gateway.call("a") for _ in range(3)] == ["done", "done", "throttled"]
    frame = gateway.send({"action": "a", "id": 1})
    assert frame["error"] == {
        "code": "throttled",
        "message": "Too many messages; try again in 30 s.",
        "retry": True,
        "detail": {"retry_after": 30.0},
    }


@pytest.mark.parametrize(
    ("throttle", "user", "counted"),
    [
        ("1/m", User(5), "default:a:connection:c1="),
        ("1/m per connection", User(5), "default:a:connection:c1="),
        ("1/m per user", User(5), "default:a:user:5"),
        ("1/m per user", None, "default:a:connection:c1="),
        ("1/m per ip", User(5), "default:a:ip:192.0.2.1"),
    ],
)
def test_what_is_counted(throttle: str, user: Any, counted: str) -> None:
    gateway = Gateway(throttled(throttle), user=user)
    gateway.send({"action": "a"}, source_ip="192.0.2.1")
    assert gateway.counter.keys == [counted]


@pytest.mark.parametrize(
    ("throttle", "limit", "seconds"),
    [("20/m", 20, 60), ("5/10s", 5, 10), ("100/h", 100, 3600), ("1/2d", 1, 172_800)],
)
def test_rates(throttle: str, limit: int, seconds: int) -> None:
    rate = throttled(throttle).routes[0].throttle
    assert rate is not None
    assert (rate.limit, rate.seconds, rate.scope) == (limit, seconds, "connection")
