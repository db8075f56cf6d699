"""Puts the example on AWS Lambda in an emulator, and publishes it with ws_sync.

Prints where it is, as one line of JSON. Run it again after a change.
"""

import argparse
import contextlib
import io
import json
import os
import sys
import zipfile
from pathlib import Path
from typing import Any

import boto3

HERE = Path(__file__).resolve().parent
NOTIFICATIONS = HERE.parent / "notifications"
FUNCTION = "notifications"
REGION = "eu-west-1"
STAGE = "production"
USERS = ("demo", "ada")
"""Their passwords are their names."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--endpoint-url", required=True, help="of the emulator")
    parser.add_argument("--database", required=True, help="file of the database")
    arguments = parser.parse_args()
    with contextlib.redirect_stdout(sys.stderr):
        places = deploy(arguments.endpoint_url, arguments.database)
    print(json.dumps(places))
    return 0


def deploy(url: str, database: str) -> dict[str, str]:
    """The function first, as ws_sync gives API Gateway the permission to invoke it; its
    API_ID last, as ws_sync makes the API."""
    functions = boto3.client("lambda", endpoint_url=url, region_name=REGION)
    variables = {
        "DJANGO_SETTINGS_MODULE": "serverless.settings",
        "EXAMPLE_DATABASE": database,
    }
    arn = put_function(functions, variables)
    os.environ |= {**variables, "EXAMPLE_FUNCTION": arn}
    prepare_database()
    api_id = publish(url)
    http_api_id = publish_http(url, functions, arn)

    socket = f"{url}/_aws/execute-api/{api_id}/{STAGE}"
    site_path = f"/_aws/execute-api/{http_api_id}/{STAGE}"
    places = {"site": url + site_path, "socket": socket.replace("http:", "ws:", 1)}
    variables |= {
        "WSROUTER_API_ID": api_id,
        "WSROUTER_MANAGEMENT_ENDPOINT": socket,  # on AWS it follows from the API_ID
        "EXAMPLE_CLIENT_URL": places["socket"],
        "EXAMPLE_ORIGIN": url,
        "EXAMPLE_SCRIPT_NAME": site_path,
    }
    functions.update_function_configuration(
        FunctionName=FUNCTION, Environment={"Variables": variables}
    )
    return {**places, "api_id": api_id}


def put_function(functions: Any, variables: dict[str, str]) -> str:
    """Create the function, or replace its code; its ARN."""
    code = package()
    try:
        answer = functions.update_function_code(FunctionName=FUNCTION, ZipFile=code)
    except functions.exceptions.ResourceNotFoundException:
        answer = functions.create_function(
            FunctionName=FUNCTION,
            Runtime="python3.12",
            Role="arn:aws:iam::000000000000:role/notifications",
            Handler="serverless.aws.handler",
            Code={"ZipFile": code},
            Timeout=29,
            Environment={"Variables": variables},
        )
    return str(answer["FunctionArn"])


def package() -> bytes:
    """The project as a zip file. The emulator runs it with this Python, which has the
    libraries; for AWS they go into the file as well."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for root, name in (
            (HERE, "serverless"),
            (NOTIFICATIONS, "inbox"),
            (NOTIFICATIONS, "project"),
        ):
            for file in sorted((root / name).rglob("*")):
                if file.is_file() and "__pycache__" not in file.parts:
                    archive.write(file, file.relative_to(root))
    return content.getvalue()


def prepare_database() -> None:
    sys.path[:0] = [str(HERE), str(NOTIFICATIONS)]
    import django

    django.setup()
    from django.contrib.auth import get_user_model
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    users = get_user_model().objects
    for name in USERS:
        if not users.filter(username=name).exists():
            users.create_user(name, password=name)


def publish(url: str) -> str:
    """Run ws_sync; the id of the WebSocket API."""
    from django.core.management import call_command

    out = io.StringIO()
    options = ["--no-input", "--allow-dangerous", "--json", "--endpoint-url", url]
    call_command("ws_sync", *options, stdout=out)
    api_id: str = json.loads(out.getvalue())["api_id"]
    return api_id


def publish_http(url: str, functions: Any, arn: str) -> str:
    """An HTTP API in front of the same function, for the pages; its id."""
    apis = boto3.client("apigatewayv2", endpoint_url=url, region_name=REGION)
    for api in apis.get_apis()["Items"]:
        if api["Name"] == FUNCTION and api["ProtocolType"] == "HTTP":
            return str(api["ApiId"])
    api_id: str = apis.create_api(Name=FUNCTION, ProtocolType="HTTP")["ApiId"]
    integration = apis.create_integration(
        ApiId=api_id,
        IntegrationType="AWS_PROXY",
        IntegrationUri=arn,
        PayloadFormatVersion="2.0",
    )
    target = f"integrations/{integration['IntegrationId']}"
    apis.create_route(ApiId=api_id, RouteKey="$default", Target=target)
    apis.create_stage(ApiId=api_id, StageName=STAGE, AutoDeploy=True)
    functions.add_permission(
        FunctionName=arn,
        StatementId=f"http-{api_id}",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=f"arn:aws:execute-api:{REGION}:{arn.split(':')[4]}:{api_id}/*",
    )
    return api_id


if __name__ == "__main__":
    sys.exit(main())
