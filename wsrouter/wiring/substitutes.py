"""What tests use instead of the network and of the secret in the settings."""

from dataclasses import dataclass

from wsrouter.delivery.ports import Transport


@dataclass(slots=True)
class Substitutes:
    """None counts while it is empty. The secret is accepted beside the real ones."""

    transport: Transport | None = None
    secret: str = ""
    retries_at_once: bool = False
    """Without the pauses between the attempts of a post."""
    works_in_place: bool = False
    """What a task engine would carry out is done by the sender itself."""


current = Substitutes()
