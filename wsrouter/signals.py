"""Signals that an application may listen to."""

from django.dispatch import Signal

__all__ = ["delivered"]

delivered = Signal()
"""Sent after every send with `delivery`, its report filled in."""
