"""APIs, their authorizers and models, through boto3's apigatewayv2."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress

from wsrouter.aws import clients
from wsrouter.aws.control import items
from wsrouter.aws.control.call_retry import RetryingCalls
from wsrouter.catalog.snapshot import Api, Authorizer, Model
from wsrouter.sync.control_errors import NotFound
from wsrouter.sync.records import ApiRecord, AuthorizerRecord, ModelRecord


class ApiCalls:
    """The ControlPlane methods for APIs, authorizers and models."""

    _aws: RetryingCalls

    def apis(self) -> Iterator[ApiRecord]:
        for item in self._aws.pages("get_apis"):
            if item.get("ProtocolType") == items.PROTOCOL:
                yield items.api(item)

    def api(self, api_id: str) -> ApiRecord:
        item = self._aws.call("get_api", ApiId=api_id)
        if item.get("ProtocolType") != items.PROTOCOL:
            raise NotFound(f"The API {api_id} is not a WebSocket API.")
        # Some emulators show changed tags only in get_tags.
        tags = self._aws.call("get_tags", ResourceArn=self._arn(api_id))
        return items.api({**item, "Tags": tags.get("Tags")})

    def create_api(self, api: Api) -> ApiRecord:
        arguments = items.api_arguments(api) | {"ProtocolType": items.PROTOCOL}
        return items.api(self._aws.call("create_api", **arguments, Tags=dict(api.tags)))

    def update_api(self, api_id: str, api: Api) -> None:
        self._aws.call("update_api", ApiId=api_id, **items.api_arguments(api))

    def tag_api(self, api_id: str, tags: Mapping[str, str]) -> None:
        arn = self._arn(api_id)
        self._aws.call("tag_resource", ResourceArn=arn, Tags=dict(tags))

    def untag_api(self, api_id: str, keys: Collection[str]) -> None:
        arn = self._arn(api_id)
        self._aws.call("untag_resource", ResourceArn=arn, TagKeys=sorted(keys))

    def delete_api(self, api_id: str) -> None:
        with suppress(NotFound):
            self._aws.call("delete_api", ApiId=api_id)

    def authorizers(self, api_id: str) -> Iterator[AuthorizerRecord]:
        return map(items.authorizer, self._aws.pages("get_authorizers", ApiId=api_id))

    def create_authorizer(
        self, api_id: str, authorizer: Authorizer
    ) -> AuthorizerRecord:
        arguments = items.authorizer_arguments(authorizer)
        return items.authorizer(
            self._aws.call("create_authorizer", ApiId=api_id, **arguments)
        )

    def update_authorizer(
        self, api_id: str, authorizer_id: str, authorizer: Authorizer
    ) -> None:
        # In a PATCH, an empty string removes the role.
        arguments = items.authorizer_arguments(authorizer)
        arguments.setdefault("AuthorizerCredentialsArn", "")
        self._aws.call(
            "update_authorizer", ApiId=api_id, AuthorizerId=authorizer_id, **arguments
        )

    def delete_authorizer(self, api_id: str, authorizer_id: str) -> None:
        with suppress(NotFound):
            self._aws.call(
                "delete_authorizer", ApiId=api_id, AuthorizerId=authorizer_id
            )

    def models(self, api_id: str) -> Iterator[ModelRecord]:
        return map(items.model, self._aws.pages("get_models", ApiId=api_id))

    def create_model(self, api_id: str, model: Model) -> ModelRecord:
        arguments = items.model_arguments(model)
        return items.model(self._aws.call("create_model", ApiId=api_id, **arguments))

    def update_model(self, api_id: str, model_id: str, model: Model) -> None:
        arguments = items.model_arguments(model)
        self._aws.call("update_model", ApiId=api_id, ModelId=model_id, **arguments)

    def delete_model(self, api_id: str, model_id: str) -> None:
        with suppress(NotFound):
            self._aws.call("delete_model", ApiId=api_id, ModelId=model_id)

    def _arn(self, api_id: str) -> str:
        region = self._aws.client().meta.region_name
        return f"arn:{clients.partition_of(region)}:apigateway:{region}::/apis/{api_id}"
