"""botocore's session, credentials and loggers."""

import importlib
import logging
from pathlib import Path

import botocore.session
import pytest
from botocore.credentials import Credentials
from botocore.httpsession import get_cert_path


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> botocore.session.Session:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "cn-north-1")
    monkeypatch.setenv("AWS_CA_BUNDLE", "/some/bundle.pem")
    return botocore.session.Session()


def test_providers_of_credentials_can_be_removed(
    session: botocore.session.Session,
) -> None:
    providers = session.get_component("credential_provider")
    names = [provider.METHOD for provider in providers.providers]
    assert {"container-role", "iam-role"} <= {*names}
    for name in ("container-role", "iam-role"):
        providers.remove(name)
    left = [provider.METHOD for provider in providers.providers]
    assert not {"container-role", "iam-role"} & {*left}
    assert left


def test_a_session_knows_regions_and_partitions(
    session: botocore.session.Session,
) -> None:
    assert session.get_config_variable("region") == "cn-north-1"
    assert session.get_config_variable("ca_bundle") == "/some/bundle.pem"
    assert session.get_partition_for_region("cn-north-1") == "aws-cn"
    partitions = session.get_data("partitions")["partitions"]
    suffixes = {each["id"]: each["outputs"]["dnsSuffix"] for each in partitions}
    assert suffixes["aws-cn"] == "amazonaws.com.cn"


def test_the_authorities_are_in_a_file() -> None:
    assert Path(get_cert_path(True)).is_file()


def test_credentials_can_be_frozen() -> None:
    frozen = Credentials("key", "secret", "token").get_frozen_credentials()
    assert (frozen.access_key, frozen.secret_key, frozen.token) == (
        "key",
        "secret",
        "token",
    )


@pytest.mark.parametrize("name", ["botocore.endpoint", "botocore.parsers"])
def test_the_loggers_that_show_calls(name: str) -> None:
    logger = importlib.import_module(name)
    found = getattr(logger, "logger", None) or logger.LOG
    assert found is logging.getLogger(name)
