"""`ws_export console`, followed to the letter on the simulated API Gateway."""

import io
import json
import re
import shlex
from typing import Any

import botocore.session
import pytest
from botocore import xform_name
from django.core.management import call_command

from tests.simulated_aws.control_plane import MemoryControlPlane
from tests.sync.test_ws_export import ENTRIES, ON_LAMBDA
from wsrouter import conf
from wsrouter.sync.plan import prepare
from wsrouter.sync.target import Target
from wsrouter.wiring import publisher

CONSOLE = {
    "api": r"API Gateway > Create API > .* Name: (.+)\. Route selection expression:"
    r" (\S+)\. Add no route there\.",
    "endpoint": r"API settings > Edit > Default endpoint: (Disabled)",
    "tag": r"API settings > Tags: (.+) = (.*)",
    "model": r"Models > Create\. Name: (\w+)\. Content type: application/json\."
    r" Description: (\S+)\. Schema: (.+)",
    "stage": r"Deploy API > New stage: (\S+)",
    "throttling": r"Stages > \S+ > Throttling: rate (\S+), burst (\d+)",
    "route": r"Stages > \S+ > route (\S+): rate (\S+), burst (\d+), log (\w+)",
    "level": r"Stages > \S+ > Logs: execution log (\w+)",
    "log": r"Stages > \S+ > Logs: access log to (\S+), format (.+)",
    "certificate": r"Stages > \S+ > Client certificate: (\S+)",
    "domain": r"Custom domain names > Create: (\S+), Regional, TLS 1\.2, certificate"
    r" (\S+)",
    "mapping": r"(\S+) > API mappings > Add: stage (\S+), path (\S+)",
    "dns": r"DNS: a CNAME from (\S+) to the domain's API Gateway domain name",
}


class ChecklistReader:
    """Does what a step says: in the console by `on_...`, in a shell by the AWS CLI."""

    def __init__(self, plane: MemoryControlPlane, secret: str) -> None:
        self.server, self.functions = plane.server, plane.functions
        self.secret = secret
        self.variables = {"default": "$default", "request": "$request"}
        self.files: dict[str, str] = {}
        self.settings: dict[str, Any] = {}
        model = botocore.session.Session().get_service_model("apigatewayv2")
        self.shapes = {
            xform_name(name): model.operation_model(name).input_shape
            for name in model.operation_names
        }

    def follow(self, step: str) -> None:
        if step.startswith("Shell: "):
            self.shell(step.removeprefix("Shell: "))
            return
        for name, pattern in CONSOLE.items():
            if found := re.fullmatch(pattern, step):
                getattr(self, f"on_{name}")(*found.groups())
                return
        raise AssertionError(f"No rule for the step: {step}")

    def shell(self, line: str) -> None:
        if line.startswith("write the mapping to mapping.json"):
            text = line.partition("\n")[2]
            self.files["mapping.json"] = text.replace("<SECRET>", self.secret)
        elif line.startswith("export API_ID="):
            self.variables["STAGE"] = line.rpartition("=")[2]
        elif line.startswith("export REGION="):
            words = line.partition("#")[0].split()[1:]
            self.variables |= dict(word.split("=") for word in words)
        elif assigned := re.fullmatch(r"(?:export )?(\w+)=\$\((.+)\)", line):
            self.variables[assigned[1]] = self.aws(assigned[2])
        else:
            self.aws(line)

    def aws(self, line: str) -> str:
        program, service, operation, *words = shlex.split(line)
        assert program == "aws"
        operation = operation.replace("-", "_")
        options = _options(words)
        if service == "lambda":
            self.permit(operation, options)
            return ""
        assert service == "apigatewayv2"
        asked, _ = options.pop("--query", [""])[0], options.pop("--output", None)
        shape = self.shapes[operation]
        members = {_member(shape, name): value for name, value in options.items()}
        values = {
            name: self._value(shape.members[name], value)
            for name, value in members.items()
        }
        answer = getattr(self.server, operation)(**values)
        return str(answer[asked]) if asked else ""

    def permit(self, operation: str, options: dict[str, list[str]]) -> None:
        members = {
            "".join(word.title() for word in option.split("-")): self._filled(*words)
            for option, words in options.items()
        }
        getattr(self.functions, operation)(**members)

    def _filled(self, text: str) -> str:
        return re.sub(r"\$([A-Z_]+)", lambda name: self.variables[name[1]], text)

    def _value(self, shape: Any, words: list[str]) -> Any:
        if shape.type_name == "list":
            return [word for word in words if word]
        (text,) = words
        if text.startswith("file://"):
            text = self.files[text.removeprefix("file://")]
        if shape.type_name in ("map", "structure"):
            return json.loads(text)
        if shape.type_name == "integer":
            return int(text)
        return self._filled(text)

    @property
    def api(self) -> dict[str, str]:
        return {"ApiId": self.variables["API_ID"]}

    def on_api(self, name: str, expression: str) -> None:
        made = self.server.create_api(
            Name=name, ProtocolType="WEBSOCKET", RouteSelectionExpression=expression
        )
        self.variables["API_ID"] = made["ApiId"]

    def on_tag(self, key: str, value: str) -> None:
        arn = f"arn:aws:apigateway:eu-west-1::/apis/{self.api['ApiId']}"
        self.server.tag_resource(ResourceArn=arn, Tags={key: value})

    def on_endpoint(self, state: str) -> None:
        disabled = state == "Disabled"
        self.server.update_api(**self.api, DisableExecuteApiEndpoint=disabled)

    def on_model(self, name: str, description: str, schema: str) -> None:
        self.server.create_model(
            **self.api,
            Name=name,
            ContentType="application/json",
            Description=description,
            Schema=schema,
        )

    def on_stage(self, name: str) -> None:
        self.variables["STAGE_NAME"] = name
        self.server.create_stage(**self.api, StageName=name)
        self.server.create_deployment(**self.api, StageName=name)

    def on_throttling(self, rate: str, burst: str) -> None:
        self._default(ThrottlingRateLimit=float(rate), ThrottlingBurstLimit=int(burst))

    def on_level(self, level: str) -> None:
        self._default(LoggingLevel=level)

    def on_route(self, key: str, rate: str, burst: str, level: str) -> None:
        figures = {
            "ThrottlingRateLimit": float(rate),
            "ThrottlingBurstLimit": int(burst),
        }
        self._stage(RouteSettings={key: {**figures, "LoggingLevel": level}})

    def on_log(self, destination: str, text: str) -> None:
        self._stage(AccessLogSettings={"DestinationArn": destination, "Format": text})

    def on_certificate(self, certificate: str) -> None:
        self._stage(ClientCertificateId=certificate)

    def on_domain(self, name: str, certificate: str) -> None:
        configuration = {
            "CertificateArn": certificate,
            "EndpointType": "REGIONAL",
            "SecurityPolicy": "TLS_1_2",
        }
        self.server.create_domain_name(
            DomainName=name, DomainNameConfigurations=[configuration]
        )

    def on_mapping(self, domain: str, stage: str, key: str) -> None:
        self.server.create_api_mapping(
            DomainName=domain, **self.api, Stage=stage, ApiMappingKey=key
        )

    def on_dns(self, domain: str) -> None:
        assert self.server.get_domain_name(DomainName=domain)

    def _default(self, **members: Any) -> None:
        self.settings |= members
        self._stage(DefaultRouteSettings=self.settings)

    def _stage(self, **members: Any) -> None:
        self.server.update_stage(
            **self.api, StageName=self.variables["STAGE_NAME"], **members
        )


def _options(words: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for word in words:
        if word.startswith("--"):
            found[word] = []
        else:
            found[list(found)[-1]].append(word)
    return found


def _member(shape: Any, option: str) -> str:
    names = {xform_name(name).replace("_", "-"): name for name in shape.members}
    assert option.removeprefix("--") in names, f"The AWS CLI has no {option}"
    return str(names[option.removeprefix("--")])


def steps() -> list[str]:
    out = io.StringIO()
    call_command("ws_export", "console", stdout=out)
    return re.split(r"^\d+\. ", out.getvalue().rstrip(), flags=re.MULTILINE)[1:]


@pytest.mark.parametrize("options", ENTRIES.values(), ids=list(ENTRIES))
def test_who_follows_it_has_what_ws_sync_would_make(
    settings: Any, options: dict[str, Any]
) -> None:
    entry = {**settings.WSROUTER["default"], **options}
    settings.WSROUTER = {"default": entry}
    plane = MemoryControlPlane(pending_polls=0)
    plane.functions.policies[ON_LAMBDA["LAMBDA"]] = []
    reader = ChecklistReader(plane, entry["SECRET"])
    for step in steps():
        reader.follow(step.rstrip("\n"))

    target, wanted = Target.of(conf.gateway()), publisher.wanted_snapshot()
    changes = prepare(plane, target, wanted).changes
    # Only the digest is missing, which is how ws_sync knows a deployment of its own.
    assert [(change.action, change.resource) for change in changes] == [
        ("create", "deployment")
    ]
