"""API Gateway's limits (AWS: "Quotas for configuring and running a WebSocket API in API
Gateway", unless another page is named)."""

MESSAGE_BYTES = 128 * 1024
FRAME_BYTES = 32 * 1024
INTEGRATION_TIMEOUT_SECONDS = 29.0
INTEGRATION_TIMEOUT_MINIMUM_SECONDS = 0.05
IDLE_SECONDS = 10 * 60
LIFETIME_SECONDS = 2 * 60 * 60
STATIC_VALUE_CHARACTERS = 510
"""A mapped source has 512 characters at most, two of them the quotes."""
ROUTES_PER_API = 300
