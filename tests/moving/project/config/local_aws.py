"""Sends what boto3 would post to the sockets on AWS to those of the local gateway: the
library that is moved from computes the URL itself."""

import os
from typing import Any
from urllib.parse import urlsplit

import boto3


def redirect(request: Any, **_: Any) -> None:
    gateway = urlsplit(os.environ["SOCKET_URL"])
    place = urlsplit(request.url)._replace(scheme="http", netloc=gateway.netloc)
    request.url = place.geturl()


boto3.setup_default_session()
boto3.DEFAULT_SESSION.events.register("before-send.apigatewaymanagementapi", redirect)
