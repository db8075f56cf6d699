"""What to install when the libraries of the local gateway are missing."""

INSTALL_HINT = (
    "The local gateway needs uvicorn, websockets, aiohttp and jsonschema:"
    ' pip install "django-wsrouter[local]"'
)
