"""Descriptions of a WebSocket API for those who write its clients: AsyncAPI,
TypeScript, and how two of them differ."""
