"""A plan in a file: saved, read again, and carried out only if it still holds.

The file has everything that the plan writes, except for the secret. In its place there
is a hash with the secret as key. A signature with the same key shows whether the file
is as it was saved. Where there is no secret, as for a Lambda function, the caller gives
another key.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, NoReturn

from pydantic import TypeAdapter, ValidationError

from wsrouter.catalog.snapshot import Integration, Snapshot
from wsrouter.errors import SyncError
from wsrouter.sync import render
from wsrouter.sync.digest import SECRET_TARGET, Digest, digest
from wsrouter.sync.location import Location
from wsrouter.sync.plan import Options, Plan, prepare
from wsrouter.sync.ports import ControlPlane
from wsrouter.sync.target import Target

VERSION = 1
_NEW_PLAN = "Nothing was changed; save a new plan with --out."
_SHOWN_DIFFERENCES = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class SavedPlan:
    """What a file of `ws_sync --out` holds. `wanted` is without the secret, `content`
    is the whole file without its signature."""

    location: Location
    target: Target
    options: Options
    wanted: Snapshot
    digest: Digest
    content: Mapping[str, Any]
    signature: bytes

    def prepare(self, plane: ControlPlane, secret: str) -> Plan:
        """The same plan, made again from what is deployed now; writes nothing.

        Raises SyncError when it is another one, when the secret is another one, or when
        the file was changed.
        """
        wanted = self.wanted
        if not wanted.integration.invokes_function:
            wanted = _with_secret(wanted, secret)
        if digest(wanted, kept={}).secret != self.digest.secret:
            _refuse("SECRET is not the one that the plan was made with")
        signature = _signature(self.content, secret)
        if not hmac.compare_digest(signature.encode(), self.signature):
            _refuse("the file is not as it was saved")
        plan = prepare(plane, self.target, wanted, self.options)
        if _content(plan, self.location, secret) != self.content:
            differing = ", ".join(_differences(self.content, plan)) or "other details"
            _refuse(f"what is deployed has changed since ({differing})")
        return plan


def saved(plan: Plan, location: Location, secret: str) -> str:
    """The plan as the text of a file. Its wanted snapshot must have the `secret`, or
    need none."""
    content = _content(plan, location, secret)
    signed = {**content, "signature": _signature(content, secret)}
    return json.dumps(signed, indent=2) + "\n"


def load(text: str) -> SavedPlan:
    """Read a file of `saved`; raises SyncError for any other text."""
    try:
        content = json.loads(text)
        signature = content.pop("signature")
        version = content["wsrouter_plan"]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise SyncError("The file is not a plan that ws_sync saved.") from None
    if version != VERSION:
        raise SyncError(
            "The plan was saved by another version of wsrouter; save a new one."
        )
    try:
        return SavedPlan(
            location=TypeAdapter(Location).validate_python(content["location"]),
            target=TypeAdapter(Target).validate_python(content["target"]),
            options=TypeAdapter(Options).validate_python(content["options"]),
            wanted=TypeAdapter(Snapshot).validate_python(content["wanted"]),
            digest=_parsed_digest(content["digest"]),
            content=content,
            signature=str(signature).encode(errors="replace"),
        )
    except (ValidationError, KeyError, TypeError):
        raise SyncError("The file is not a plan that ws_sync saved.") from None


def _content(plan: Plan, location: Location, secret: str) -> dict[str, Any]:
    """What the file holds, and what has to be the same when the plan is carried out."""
    deployed = plan.deployed
    content = {
        "wsrouter_plan": VERSION,
        "location": asdict(location),
        "target": asdict(plan.target),
        "options": asdict(plan.options),
        "wanted": asdict(_without_secret(plan.wanted)),
        "digest": str(plan.digest),
        "plan": render.json_values(plan),
        "deployed_digest": str(deployed.digest or ""),
        "deployed_secret": _keyed_hash(secret, _secret_source(deployed.integration)),
    }
    copied: dict[str, Any] = json.loads(json.dumps(content))
    return copied


def _differences(content: Mapping[str, Any], plan: Plan) -> Iterator[str]:
    """The changes that only one of the two plans has, or has with other values."""
    before = {_name(change): change for change in content["plan"]["changes"]}
    now = {
        _name(change): json.loads(json.dumps(change))
        for change in render.json_values(plan)["changes"]
    }
    differing = [
        name for name in {**before, **now} if before.get(name) != now.get(name)
    ]
    yield from differing[:_SHOWN_DIFFERENCES]
    if len(differing) > _SHOWN_DIFFERENCES:
        yield f"and {len(differing) - _SHOWN_DIFFERENCES} more"


def _name(change: Mapping[str, Any]) -> str:
    return f"{change['action']} {change['resource']} {change['key']}"


def _refuse(reason: str) -> NoReturn:
    raise SyncError(f"The saved plan cannot be carried out: {reason}. {_NEW_PLAN}")


def _parsed_digest(text: str) -> Digest:
    parsed = Digest.parse(text)
    if parsed is None:
        raise TypeError(text)
    return parsed


def _signature(content: Mapping[str, Any], secret: str) -> str:
    return _keyed_hash(secret, json.dumps(content, sort_keys=True))


def _keyed_hash(secret: str, text: str) -> str:
    """A hash that only a holder of the secret can make."""
    key = secret.encode()
    return hmac.new(key, f"wsrouter plan {text}".encode(), hashlib.sha256).hexdigest()


def _secret_source(integration: Integration | None) -> str:
    return integration.request_parameters.get(SECRET_TARGET, "") if integration else ""


def _with_secret(wanted: Snapshot, secret: str) -> Snapshot:
    return _with_parameters(
        wanted, {**wanted.integration.request_parameters, SECRET_TARGET: f"'{secret}'"}
    )


def _without_secret(wanted: Snapshot) -> Snapshot:
    parameters = dict(wanted.integration.request_parameters)
    parameters.pop(SECRET_TARGET, None)
    return _with_parameters(wanted, parameters)


def _with_parameters(wanted: Snapshot, parameters: Mapping[str, str]) -> Snapshot:
    integration = replace(wanted.integration, request_parameters=parameters)
    return replace(wanted, integration=integration)
