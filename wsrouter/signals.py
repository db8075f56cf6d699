"""Signals of wsrouter that a project can connect receivers to.

A receiver runs before the answer leaves and delays it. What it raises is logged by
Django (`django.dispatch`) and changes nothing.
"""

from django.dispatch import Signal

__all__ = ["connected", "delivered", "disconnected", "message_handled"]

connected = Signal()
"""Sent when a handshake has been accepted and its row is committed. `sender` is None,
`connection` the Connection."""

disconnected = Signal()
"""Sent once for each connection that has ended, after its `disconnect` handlers and
however it ended. `sender` is None, `connection` the Connection, `disconnected` the
Disconnected with cause, code and reason."""

message_handled = Signal()
"""Sent when a message has been answered, also with an error. `sender` is None,
`handled` the HandledFrame."""

delivered = Signal()
"""Sent after every send, in the process that carried it out. `sender` is None,
`delivery` the Delivery with its report."""
