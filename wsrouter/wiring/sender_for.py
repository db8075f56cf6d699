"""How a send goes, as the settings of its gateway say."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import cache
from types import ModuleType

from wsrouter import conf
from wsrouter.aws.posts import transports
from wsrouter.delivery.background import Background
from wsrouter.delivery.ports import Forget, OnDelivered, Transport
from wsrouter.delivery.sender import Sender, Terms
from wsrouter.delivery.token_bucket import Bucket
from wsrouter.errors import MissingExtra
from wsrouter.options.gateway import Gateway
from wsrouter.registry.database import after_commit, in_transaction
from wsrouter.registry.recipients import Audience
from wsrouter.registry.send_queue import Ledger
from wsrouter.routing.ports import Address


def sender(
    *,
    substitute: Transport | None,
    forget: Forget,
    finish: Callable[[Address], bool],
    on_delivered: OnDelivered,
) -> Sender:
    """What events and connections send through; `substitute` stands in for the network
    in tests."""

    @cache
    def terms(alias: str) -> Terms:
        gateway = _governing(alias)
        chosen = substitute or transports.transport(
            gateway.transport, conf.gateways, in_flight=gateway.in_flight
        )
        engine = _engine(gateway.background)
        background = engine and Background(
            ledger=Ledger(),
            audience=Audience(),
            transport=chosen,
            forget=forget,
            on_delivered=on_delivered,
            enqueue=lambda send: engine(send, alias),
            after_commit=after_commit,
            size=gateway.slice_recipients,
            rate=gateway.posts_per_second,
        )
        return Terms(
            transport=chosen,
            recipients=gateway.send_recipients,
            seconds=gateway.send_seconds,
            bucket=Bucket(gateway.posts_per_second),
            background=background,
        )

    return Sender(
        audience=Audience(),
        terms=terms,
        check=conf.gateway,
        in_transaction=in_transaction,
        after_commit=after_commit,
        forget=forget,
        finish=finish,
        on_delivered=on_delivered,
    )


def end_in_background(addresses: Sequence[Address], alias: str) -> bool:
    """Queue the end of a gateway's connections; False without an engine."""
    engine = _tasks(_governing(alias).background)
    if engine is None:
        return False
    engine.enqueue_end([asdict(each) for each in addresses])
    return True


def engine_problem(name: str) -> str:
    """Why an engine will carry nothing out, if so; raises MissingExtra."""
    engine = _tasks(name)
    return str(engine.problem()) if engine else ""


def transport_problem(name: str) -> str:
    """Why nothing can be sent with a transport, if so."""
    try:
        transports.require(name)
    except MissingExtra as error:
        return str(error)
    return ""


def _engine(name: str) -> Callable[[int, str], None] | None:
    """What queues the work; raises MissingExtra."""
    engine = _tasks(name)
    return engine.enqueue if engine else None


def _tasks(name: str) -> ModuleType | None:
    """The tasks of an engine; raises MissingExtra."""
    if name == "celery":
        from wsrouter.engines import celery

        return celery
    if name == "tasks":
        from wsrouter.engines import django_tasks

        return django_tasks
    return None


def _governing(alias: str) -> Gateway:
    """A send to all gateways follows the settings of the first one."""
    known = conf.gateways()
    if alias in known:
        return known[alias]
    return next(iter(known.values()), Gateway(alias="default"))
