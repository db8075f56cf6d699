"""Celery finds its tasks in a module of this name; they are in `engines.celery`."""

from wsrouter.engines.celery import end, reap, work

__all__ = ["end", "reap", "work"]
