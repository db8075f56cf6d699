"""Compares commands of the AWS CLI with what botocore says of the services."""

import re
import shlex
from collections.abc import Iterator

import botocore.session
from botocore import xform_name
from botocore.model import OperationModel, ServiceModel

CLI_OPTIONS = {"query", "output", "region", "profile"}
# Commands that the CLI has by itself.
CUSTOM = {
    ("cloudformation", "deploy"): {
        "template-file",
        "stack-name",
        "capabilities",
        "parameter-overrides",
    }
}


def commands(text: str) -> Iterator[list[str]]:
    """The words of each `aws ...`, with lines joined that end with a backslash."""
    for line in text.replace("\\\n", " ").splitlines():
        if line.startswith("aws "):
            yield shlex.split(line)[1:]


def problems(words: list[str]) -> list[str]:
    """What AWS would not understand."""
    service, name, *rest = words
    options = {word[2:] for word in rest if word.startswith("--")}
    if (service, name) in CUSTOM:
        return [f"--{option}" for option in options - CUSTOM[service, name]]
    if name == "wait":
        name, rest = rest[0], rest[1:]
        operation = _waited_for(service, name)
    else:
        operation = _operations(service).get(name)
    if operation is None or operation.input_shape is None:
        return [f"{service} {name}"]
    known = {_dashed(member) for member in operation.input_shape.members}
    required = {_dashed(member) for member in operation.input_shape.required_members}
    unknown = [f"--{option}" for option in options - known - CLI_OPTIONS]
    return unknown + [f"no --{option}" for option in required - options]


def _model(service: str) -> ServiceModel:
    session = botocore.session.get_session()
    return ServiceModel(session.get_service_data(service), service)


def _operations(service: str) -> dict[str, OperationModel]:
    model = _model(service)
    return {
        _dashed(name): model.operation_model(name) for name in model.operation_names
    }


def _waited_for(service: str, name: str) -> OperationModel | None:
    session = botocore.session.get_session()
    waiters = session.get_waiter_model(service)
    found = {_dashed(each): each for each in waiters.waiter_names}
    if name not in found:
        return None
    return _model(service).operation_model(waiters.get_waiter(found[name]).operation)


def _dashed(name: str) -> str:
    """`ListenerArn` and `vpcLinkId` as the CLI writes them."""
    return re.sub("_", "-", xform_name(name))
