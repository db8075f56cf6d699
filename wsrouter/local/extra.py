"""What to say when the libraries of the local gateway are not installed."""

MISSING = (
    "The local gateway needs uvicorn, websockets, aiohttp and jsonschema:"
    ' pip install "django-wsrouter[local]"'
)
