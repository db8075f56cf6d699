"""The path at which a server on this machine finds the endpoint."""

from django.urls import get_script_prefix, reverse


def endpoint_path() -> str:
    """The path of the endpoint below the URL prefix (FORCE_SCRIPT_NAME, SCRIPT_NAME).

    `reverse` puts the prefix in front, as the world sees it. Django's development
    server and its test client have nothing in front that would take it off. Raises
    NoReverseMatch.
    """
    return "/" + reverse("wsrouter:endpoint").removeprefix(get_script_prefix())
