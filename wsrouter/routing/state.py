"""The state of a connection after its `connect`, which cannot be written to."""

from typing import Any, NoReturn

_ADVICE = (
    "connection.state is read-only after connect; use connection.update_state(...)."
)


def _refuse(*_: Any, **__: Any) -> NoReturn:
    raise TypeError(_ADVICE)


class ReadOnlyState(dict[str, Any]):
    """A dict that raises TypeError when it is changed, with what to do instead."""

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse
