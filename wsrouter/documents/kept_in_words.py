"""What `keep=Keep(...)` means, in words."""

from wsrouter.routing.keep import Keep

_UNITS = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))


def kept_in_words(keep: Keep) -> str:
    """A sentence for those who write clients."""
    count = f"the last {keep.last}" if keep.last > 1 else "the last one"
    return (
        f"Kept for clients that come back: {count} of a group or of a user, for"
        f" {_duration(keep.seconds)}."
    )


def _duration(seconds: int) -> str:
    unit, length = next(each for each in _UNITS if seconds % each[1] == 0)
    count = seconds // length
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
