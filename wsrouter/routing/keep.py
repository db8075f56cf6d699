"""How much of an event is kept for clients that reconnect."""

from dataclasses import dataclass

from wsrouter.errors import DeclarationError

MAX_LAST = 100
"""Events of one stream that are kept: what fits into one reply, more or less."""
MAX_SECONDS = 30 * 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Keep:
    """`router.event(..., keep=Keep(last=100, seconds=3600))`: the last events of each
    group and of each user, up to `last` of them (100 at most), and none that is older
    than `seconds`. Raises DeclarationError."""

    last: int = MAX_LAST
    seconds: int = 3600

    def __post_init__(self) -> None:
        if not _is_in(self.last, MAX_LAST):
            raise DeclarationError(
                f"Keep(last=...) takes 1 to {MAX_LAST} events, not {self.last!r}."
            )
        if not _is_in(self.seconds, MAX_SECONDS):
            raise DeclarationError(
                f"Keep(seconds=...) takes 1 to {MAX_SECONDS} seconds, not"
                f" {self.seconds!r}."
            )


def checked_keep(keep: object, where: str) -> Keep | None:
    """Raises DeclarationError for what is neither None nor a Keep."""
    if keep is not None and not isinstance(keep, Keep):
        raise DeclarationError(f"{where}: write keep=Keep(...), not keep={keep!r}.")
    return keep


def _is_in(value: object, most: int) -> bool:
    return type(value) is int and 1 <= value <= most
