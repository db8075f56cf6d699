"""How API Gateway names the Lambda function that it invokes."""

PRINCIPAL = "apigateway.amazonaws.com"
"""Who invokes it, in the function's policy."""
ACTION = "lambda:InvokeFunction"
_PATH = "lambda:path/2015-03-31/functions/"
_END = "/invocations"


def invocation_uri(function: str) -> str:
    """The IntegrationUri or AuthorizerUri for the ARN of a function."""
    _, partition, _, region, *_ = function.split(":")
    return f"arn:{partition}:apigateway:{region}:{_PATH}{function}{_END}"


def function_of(uri: str) -> str:
    """The ARN of the function that such a URI invokes; empty for any other URI."""
    _, found, rest = uri.partition(_PATH)
    return rest.removesuffix(_END) if found and rest.endswith(_END) else ""


def unqualified(function: str) -> str:
    """The ARN without its alias or version."""
    return ":".join(function.split(":")[:7])
