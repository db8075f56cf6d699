"""The errors that a control plane raises."""

from wsrouter.errors import SyncError


class CallRefused(SyncError):
    """API Gateway refused a call."""


class NotFound(CallRefused):
    """API Gateway has no such resource (404)."""


class Unpublished(NotFound):
    """There is no such API, or no such stage of it."""


class Conflict(CallRefused):
    """The resource exists already, or another one still needs it (409)."""


class Invalid(CallRefused):
    """API Gateway does not accept these values (400)."""


class Unanswered(SyncError):
    """A create call got no answer: it may or may not have been carried out."""


class Superseded(SyncError):
    """Another run created the same resource at the same time, and that one stays."""
