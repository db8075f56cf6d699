"""Settings of a gateway that `ws_local` gives to the Django process that it starts, in
environment variables. A function on AWS Lambda can get its API_ID in the same way."""

import os
import re

MANAGEMENT_ENDPOINT_VARIABLE = "WSROUTER_MANAGEMENT_ENDPOINT"
"""Overrides MANAGEMENT_ENDPOINT of the gateway `default`. For another gateway its alias
in capitals is appended."""
API_ID_VARIABLE = "WSROUTER_API_ID"
"""Overrides API_ID in the same way."""


def management_endpoint_variable(alias: str) -> str:
    """The environment variable that overrides a gateway's MANAGEMENT_ENDPOINT."""
    return _of(MANAGEMENT_ENDPOINT_VARIABLE, alias)


def api_id_variable(alias: str) -> str:
    """The environment variable that overrides a gateway's API_ID."""
    return _of(API_ID_VARIABLE, alias)


def overridden(alias: str) -> dict[str, str]:
    """The fields of the Gateway that the environment overrides."""
    variables = {
        "management_endpoint": management_endpoint_variable(alias),
        "api_id": api_id_variable(alias),
    }
    given = {field: os.environ.get(name, "") for field, name in variables.items()}
    return {field: value for field, value in given.items() if value}


def _of(variable: str, alias: str) -> str:
    if alias == "default":
        return variable
    return f"{variable}_{re.sub('[^A-Za-z0-9]', '_', alias).upper()}"
