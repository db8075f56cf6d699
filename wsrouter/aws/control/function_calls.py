"""The permission to invoke a Lambda function, through boto3's client for Lambda."""

from collections.abc import Callable
from typing import Any

from wsrouter.aws.control import function_policy
from wsrouter.aws.control.call_retry import RetryingCalls
from wsrouter.catalog.lambda_function import ACTION, PRINCIPAL
from wsrouter.errors import SyncError
from wsrouter.sync.control_errors import Conflict, NotFound
from wsrouter.sync.records import Permission


class FunctionCalls:
    """The ControlPlane methods for Lambda functions, which are named by their ARNs."""

    _aws: RetryingCalls
    _functions_in: Callable[[str], RetryingCalls]
    """The calls to Lambda in a Region."""

    def permission(self, function: str, api_id: str, stage: str) -> Permission:
        try:
            answer = self._call("get_policy", function)
        except NotFound:  # of the function, or of its policy
            return Permission()
        found = function_policy.statements(answer["Policy"])
        own = function_policy.statement_id(api_id)
        return Permission(
            granted=function_policy.permits(found, api_id=api_id, stage=stage),
            is_ours=any(statement.get("Sid") == own for statement in found),
        )

    def permit(self, function: str, api_id: str) -> None:
        try:
            self._add(function, api_id)
        except Conflict:  # a statement with our id, which permits something else
            self.forbid(function, api_id)
            self._add(function, api_id)
        except NotFound as error:
            raise SyncError(
                f"LAMBDA: there is no function {function}. Create it first, or correct"
                " the ARN."
            ) from error

    def forbid(self, function: str, api_id: str) -> None:
        statement = function_policy.statement_id(api_id)
        try:
            self._call("remove_permission", function, StatementId=statement)
        except NotFound:  # it is gone already
            pass
        except SyncError as error:
            # Runs look at the functions that are in use, and not at this one again.
            raise SyncError(
                f"{error} The statement {statement} is still in the policy of"
                f" {function}: remove it by hand."
            ) from error

    def _add(self, function: str, api_id: str) -> None:
        region = self._aws.client().meta.region_name
        self._call(
            "add_permission",
            function,
            StatementId=function_policy.statement_id(api_id),
            Action=ACTION,
            Principal=PRINCIPAL,
            SourceArn=function_policy.source_arn(function, region, api_id),
        )

    def _call(self, operation: str, function: str, **arguments: Any) -> Any:
        region = function.split(":")[3]
        calls = self._functions_in(region)
        return calls.call(operation, FunctionName=function, **arguments)
