"""Lambda in memory, spoken to as to a boto3 client: who may invoke a function."""

import copy
import json
from typing import Any

from wsrouter.aws.botocore_errors import refusal


class MemoryFunctions:
    """`policies` are the statements of each function that exists, by ARN; `calls` are
    all operations so far with their members."""

    def __init__(self, *functions: str) -> None:
        self.policies: dict[str, list[dict[str, Any]]] = {arn: [] for arn in functions}
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def get_policy(self, *, FunctionName: str) -> dict[str, Any]:
        found = self._statements("get_policy", FunctionName=FunctionName)
        if not found:
            raise missing("The resource you requested does not exist.")
        return {"Policy": json.dumps({"Version": "2012-10-17", "Statement": found})}

    def add_permission(
        self,
        *,
        FunctionName: str,
        StatementId: str,
        Action: str,
        Principal: str,
        SourceArn: str,
    ) -> dict[str, Any]:
        members = copy.deepcopy(locals())
        found = self._statements("add_permission", **_without_self(members))
        if any(statement["Sid"] == StatementId for statement in found):
            text = f"The statement id ({StatementId}) provided already exists."
            raise refusal("AddPermission", "ResourceConflictException", text, 409)
        statement = {
            "Sid": StatementId,
            "Effect": "Allow",
            "Principal": {"Service": Principal},
            "Action": Action,
            "Resource": FunctionName,
            "Condition": {"ArnLike": {"AWS:SourceArn": SourceArn}},
        }
        found.append(statement)
        return {"Statement": json.dumps(statement)}

    def remove_permission(self, *, FunctionName: str, StatementId: str) -> None:
        members = {"FunctionName": FunctionName, "StatementId": StatementId}
        found = self._statements("remove_permission", **members)
        kept = [statement for statement in found if statement["Sid"] != StatementId]
        if len(kept) == len(found):
            raise missing("No policy is associated with the given resource.")
        found[:] = kept

    def _statements(self, operation: str, **members: Any) -> list[dict[str, Any]]:
        self.calls.append((operation, members))
        function = members["FunctionName"]
        if function not in self.policies:
            raise missing(f"Function not found: {function}")
        return self.policies[function]


def missing(message: str) -> Exception:
    return refusal("MemoryFunctions", "ResourceNotFoundException", message, 404)


def _without_self(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if name != "self"}
