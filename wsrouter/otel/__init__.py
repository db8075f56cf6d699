"""Traces and metrics for OpenTelemetry: `instrument()`, once in each process.

The API alone is needed here; the application chooses an SDK and configures it. While
there is none, nothing is recorded.
"""

from wsrouter.otel.instrumenting import instrument, uninstrument

__all__ = ["instrument", "uninstrument"]
