"""Signals of wsrouter that a project can connect receivers to."""

from django.dispatch import Signal

__all__ = ["delivered"]

delivered = Signal()
"""Sent after every send, in the process that carried it out. `sender` is None,
`delivery` the Delivery with its report."""
