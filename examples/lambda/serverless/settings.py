"""The settings of the notifications example, for a Django on AWS Lambda."""

import os

from project.settings import *  # noqa: F403

# API Gateway's own host, and where the emulator listens.
ALLOWED_HOSTS = [".execute-api.eu-west-1.amazonaws.com", "127.0.0.1", ".localhost"]
# The emulator serves an HTTP API below a path.
FORCE_SCRIPT_NAME = os.environ.get("EXAMPLE_SCRIPT_NAME") or None
# Pages come over http, and Mangum says https, as on AWS.
CSRF_TRUSTED_ORIGINS = [os.environ.get("EXAMPLE_ORIGIN", "http://127.0.0.1:8000")]
LOGIN_HINT = "Log in as demo, with the password demo."

WSROUTER = {
    "default": {
        "API_NAME": "notifications-on-lambda",
        # No ENDPOINT and no SECRET: API Gateway invokes the function. Its API_ID is in
        # the environment, as WSROUTER_API_ID: the API is made after the function.
        "LAMBDA": os.environ.get(
            "EXAMPLE_FUNCTION",
            "arn:aws:lambda:eu-west-1:000000000000:function:notifications",
        ),
        "REGION": "eu-west-1",
        "ROUTER": "serverless.ws.router",
        "CLIENT_URL": os.environ.get("EXAMPLE_CLIENT_URL") or None,
    },
}
