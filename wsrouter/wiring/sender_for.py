"""Builds the sender that follows the settings of each gateway."""

import random
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import cache
from types import ModuleType
from uuid import uuid4

from wsrouter import conf
from wsrouter.aws.posts import transports
from wsrouter.aws.posts.transports import InvalidTransport
from wsrouter.conf import ConfigurationError
from wsrouter.delivery.background import MAX_PARALLEL_SLICES, Background
from wsrouter.delivery.kept_sender import KeptSender
from wsrouter.delivery.ports import Forget, OnDelivered, Transport
from wsrouter.delivery.posting import Posting, SendPolicy
from wsrouter.delivery.sender import Sender
from wsrouter.delivery.token_bucket import TokenBucket
from wsrouter.errors import MissingExtra
from wsrouter.options.gateway import Gateway
from wsrouter.registry import user_keys
from wsrouter.registry.recipients import StoredRecipients
from wsrouter.registry.send_queue import StoredSendQueue
from wsrouter.registry.streams.kept_events import StoredKeptEvents
from wsrouter.registry.transactions import is_any_open, only_registry_is_open
from wsrouter.routing.ports import Address
from wsrouter.wiring import chosen_envelope, leaving, shared_posts
from wsrouter.wiring.substitutes import Substitutes


def sender(
    *,
    substitutes: Substitutes,
    forget: Forget,
    finish: Callable[[Sequence[Address]], Sequence[Address]],
    on_delivered: OnDelivered,
) -> Sender:
    """What events and connections send through; `substitutes` are those of a test."""
    jitter = _no_jitter if substitutes.retries_at_once else random.random

    @cache
    def policy(alias: str) -> SendPolicy:
        gateway = _gateway_for(alias)
        chosen = substitutes.transport or _transport(gateway)
        engine = _engine(gateway.background)
        if engine and substitutes.works_in_place:
            engine = work_in_place
        background = engine and Background(
            queue=StoredSendQueue(),
            recipient_source=StoredRecipients(),
            transport=chosen,
            forget=forget,
            on_delivered=on_delivered,
            enqueue=lambda send: engine(send, alias),
            postpone=leaving.postpone,
            slice_recipients=gateway.slice_recipients,
            bucket_of_slice=lambda: shared_posts.limit(
                gateway,
                TokenBucket(gateway.posts_per_second / MAX_PARALLEL_SLICES),
            ),
            jitter=jitter,
        )
        return SendPolicy(
            transport=chosen,
            max_recipients=gateway.send_recipients,
            seconds=gateway.send_seconds,
            bucket=shared_posts.limit(gateway, TokenBucket(gateway.posts_per_second)),
            background=background,
        )

    def work_in_place(send: int, alias: str) -> None:
        made.work(send, uuid4().hex, alias)

    posting = Posting(
        recipient_source=StoredRecipients(),
        policy=policy,
        forget=forget,
        jitter=jitter,
    )
    made = Sender(
        posting=posting,
        kept=KeptSender(
            posting=posting,
            events=StoredKeptEvents(gateways=conf.gateways),
            postpone=leaving.postpone,
            is_atomic_with=only_registry_is_open,
            in_transaction=is_any_open,
            on_delivered=on_delivered,
            custom_writers=chosen_envelope.custom_writers,
        ),
        check_gateway=conf.gateway,
        postpone=leaving.postpone,
        can_queue=only_registry_is_open,
        finish=finish,
        on_delivered=on_delivered,
        user_key=user_keys.user_key,
        user_keys=user_keys.user_keys,
        custom_writers=chosen_envelope.custom_writers,
    )
    return made


def end_in_background(addresses: Sequence[Address], alias: str) -> bool:
    """Queue the closing of a gateway's connections; False without an engine."""
    engine = _engine_module(_gateway_for(alias).background)
    if engine is None:
        return False
    engine.enqueue_end([asdict(address) for address in addresses])
    return True


def engine_problem(name: str) -> str:
    """Why an engine will carry out no task, or an empty string; raises MissingExtra."""
    engine = _engine_module(name)
    return str(engine.problem()) if engine else ""


def transport_problem(name: str) -> str:
    """Why nothing can be sent with a transport, or an empty string."""
    try:
        transports.transport(name, conf.gateways)
    except (InvalidTransport, MissingExtra) as error:
        return str(error)
    return ""


def _no_jitter() -> float:
    return 0.0


def _transport(gateway: Gateway) -> Transport:
    """Raises MissingExtra or ConfigurationError."""
    try:
        return transports.transport(
            gateway.transport, conf.gateways, in_flight=gateway.in_flight
        )
    except InvalidTransport as error:
        raise ConfigurationError(f"WSROUTER[{gateway.alias!r}]: {error}") from error


def _engine(name: str) -> Callable[[int, str], None] | None:
    """The function that queues a task for a send; raises MissingExtra."""
    engine = _engine_module(name)
    return engine.enqueue if engine else None


def _engine_module(name: str) -> ModuleType | None:
    """The module with the tasks of an engine; raises MissingExtra."""
    if name == "celery":
        from wsrouter.engines import celery

        return celery
    if name == "tasks":
        from wsrouter.engines import django_tasks

        return django_tasks
    return None


def _gateway_for(alias: str) -> Gateway:
    """The gateway whose settings a send follows; a send to all gateways follows the
    first one."""
    known = conf.gateways()
    if alias in known:
        return known[alias]
    return next(iter(known.values()), Gateway(alias="default"))
