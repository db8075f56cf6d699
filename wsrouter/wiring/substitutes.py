"""What tests use instead of the network and of the secret in the settings."""

from dataclasses import dataclass

from wsrouter.delivery.ports import Transport


@dataclass(slots=True)
class Substitutes:
    """Neither counts while it is empty. The secret is accepted beside the real ones."""

    transport: Transport | None = None
    secret: str = ""


current = Substitutes()
