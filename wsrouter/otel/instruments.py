"""The instruments that metrics are recorded with."""

from dataclasses import dataclass

from opentelemetry.metrics import Counter, Histogram, Meter

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
"""Bounds of the buckets of durations, as the conventions for messaging have them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Instruments:
    """Those of the conventions for messaging, then those of wsrouter alone."""

    consumed: Counter
    processing: Histogram
    sent: Counter
    operations: Histogram
    deliveries: Counter
    opened: Counter
    refused: Counter
    ended: Counter

    @classmethod
    def of(cls, meter: Meter) -> "Instruments":
        count = meter.create_counter
        return cls(
            consumed=count(
                "messaging.client.consumed.messages",
                "{message}",
                "Messages that were handed to a handler, or answered with an error.",
            ),
            processing=_duration(
                meter, "messaging.process.duration", "Handling one event."
            ),
            sent=count(
                "messaging.client.sent.messages",
                "{message}",
                "Posts to connections.",
            ),
            operations=_duration(
                meter,
                "messaging.client.operation.duration",
                "Carrying out a send, and posting to a batch of connections.",
            ),
            deliveries=count(
                "wsrouter.deliveries",
                "{recipient}",
                "Recipients of events by what became of them.",
            ),
            opened=count(
                "wsrouter.connections.opened",
                "{connection}",
                "Handshakes that were accepted.",
            ),
            refused=count(
                "wsrouter.connections.refused",
                "{connection}",
                "Handshakes that were refused.",
            ),
            ended=count(
                "wsrouter.connections.ended",
                "{connection}",
                "Connections that have ended.",
            ),
        )


def _duration(meter: Meter, name: str, description: str) -> Histogram:
    return meter.create_histogram(
        name,
        "s",
        description,
        explicit_bucket_boundaries_advisory=SECONDS,
    )
