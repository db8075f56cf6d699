"""As much of Terraform's JSON syntax as the export uses: expressions and references.

Terraform itself cannot be installed from a package index; this stands in for
`terraform validate`.
"""

import hashlib
import json
import re
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import Any

ARGUMENTS = {
    "api": {
        "disable_execute_api_endpoint",
        "name",
        "protocol_type",
        "route_selection_expression",
        "tags",
    },
    "integration": {
        "api_id",
        "connection_id",
        "connection_type",
        "description",
        "integration_method",
        "integration_type",
        "integration_uri",
        "passthrough_behavior",
        "request_parameters",
        "timeout_milliseconds",
    },
    "model": {"api_id", "content_type", "description", "name", "schema"},
    "authorizer": {
        "api_id",
        "authorizer_credentials_arn",
        "authorizer_type",
        "authorizer_uri",
        "identity_sources",
        "name",
    },
    "route": {
        "api_id",
        "authorization_type",
        "authorizer_id",
        "model_selection_expression",
        "request_models",
        "route_key",
        "route_response_selection_expression",
        "target",
    },
    "route_response": {"api_id", "route_id", "route_response_key"},
    "deployment": {"api_id", "triggers"},
    "stage": {
        "access_log_settings",
        "api_id",
        "client_certificate_id",
        "default_route_settings",
        "deployment_id",
        "name",
        "route_settings",
    },
    "domain_name": {"domain_name", "domain_name_configuration"},
    "api_mapping": {"api_id", "api_mapping_key", "domain_name", "stage"},
    "aws_lambda_permission": {"action", "function_name", "principal", "source_arn"},
}
"""Of the provider's documentation: what each resource takes, beside meta-arguments."""
META = {"depends_on", "lifecycle"}
EXPORTED = {"id", "arn", "api_endpoint", "execution_arn", "invoke_url"}
_PREFIX = "aws_apigatewayv2_"
_TOKEN = re.compile(r"\s*([A-Za-z_][\w.]*|[()\[\],])")
_TEMPLATE = re.compile(r"\$\$\{|%%\{|\$\{([^}]*)\}|%\{")


@dataclass
class Configuration:
    """A parsed `.tf.json`; `used` are the resources that were referred to."""

    content: dict[str, Any]
    used: set[str] = field(default_factory=set)

    @property
    def resources(self) -> dict[str, dict[str, Any]]:
        """The blocks by address."""
        return {
            f"{kind}.{name}": block
            for kind, blocks in self.content["resource"].items()
            for name, block in blocks.items()
        }

    def validate(self) -> None:
        """Every argument is known, every reference resolves, and none in a circle."""
        order: TopologicalSorter[str] = TopologicalSorter()
        for address, block in self.resources.items():
            kind = address.partition(".")[0].removeprefix(_PREFIX)
            assert set(block) <= ARGUMENTS[kind] | META, address
            self.used = set(block.get("depends_on", ()))
            self.value(block)
            assert self.used <= set(self.resources), address
            order.add(address, *self.used)
        order.prepare()
        self.value(self.content["output"])

    def value(self, found: Any) -> Any:
        """Any part of the configuration, evaluated; an id is `<its address>`."""
        if isinstance(found, dict):
            return {key: self.value(item) for key, item in found.items()}
        if isinstance(found, list):
            return [self.value(item) for item in found]
        return self._text(found) if isinstance(found, str) else found

    def _text(self, text: str) -> str:
        def replaced(match: re.Match[str]) -> str:
            if match[0] in ("$${", "%%{"):
                return match[0][1:]
            assert match[1] is not None, f"a template directive in {text!r}"
            return str(_Expression(self, match[1]).value())

        return _TEMPLATE.sub(replaced, text)

    def reference(self, path: str) -> Any:
        if path.startswith("var."):
            assert path.removeprefix("var.") in self.content["variable"], path
            return f"<{path}>"
        kind, name, *member = path.split(".")
        address = f"{kind}.{name}"
        assert address in self.resources, path
        self.used.add(address)
        if not member:
            return address
        (attribute,) = member
        own = self.resources[address]
        assert attribute in EXPORTED | set(own), path
        return own.get(attribute, f"<{address}>")


class _Expression:
    """Calls, lists and references, read from left to right."""

    def __init__(self, configuration: Configuration, text: str) -> None:
        self.configuration = configuration
        self.tokens = _TOKEN.findall(text)
        assert "".join(self.tokens) == re.sub(r"\s", "", text), text

    def value(self) -> Any:
        found = self._one()
        assert not self.tokens, self.tokens
        return found

    def _one(self) -> Any:
        token = self.tokens.pop(0)
        if token == "[":
            return self._many("]")
        if self.tokens and self.tokens[0] == "(":
            self.tokens.pop(0)
            (argument,) = self._many(")")
            return _FUNCTIONS[token](argument)
        return self.configuration.reference(token)

    def _many(self, end: str) -> list[Any]:
        found = []
        while self.tokens[0] != end:
            found.append(self._one())
            if self.tokens[0] == ",":
                self.tokens.pop(0)
        self.tokens.pop(0)
        return found


_FUNCTIONS = {
    "jsonencode": json.dumps,
    "sha1": lambda text: hashlib.sha1(text.encode()).hexdigest(),
}
