"""Custom domains and their mappings, through boto3's apigatewayv2."""

from collections.abc import Iterator, Mapping
from contextlib import suppress

from wsrouter.aws.control import stage_items
from wsrouter.aws.control.call_retry import RetryingCalls
from wsrouter.catalog.snapshot import Domain
from wsrouter.sync.control_errors import NotFound
from wsrouter.sync.records import DomainRecord, MappingRecord


class DomainCalls:
    """The ControlPlane methods for custom domains and their mappings."""

    _aws: RetryingCalls

    def domains(self) -> Iterator[DomainRecord]:
        return map(stage_items.domain, self._aws.pages("get_domain_names"))

    def create_domain(self, domain: Domain, tags: Mapping[str, str]) -> DomainRecord:
        arguments = stage_items.domain_arguments(domain)
        return stage_items.domain(
            self._aws.call("create_domain_name", **arguments, Tags=dict(tags))
        )

    def update_domain(self, domain: Domain) -> None:
        arguments = stage_items.domain_arguments(domain)
        self._aws.call("update_domain_name", **arguments)

    def delete_domain(self, name: str) -> None:
        with suppress(NotFound):
            self._aws.call("delete_domain_name", DomainName=name)

    def mappings(self, domain: str) -> Iterator[MappingRecord]:
        pages = self._aws.pages("get_api_mappings", DomainName=domain)
        return map(stage_items.mapping, pages)

    def create_mapping(self, domain: Domain, api_id: str, stage: str) -> None:
        self._aws.call(
            "create_api_mapping",
            DomainName=domain.name,
            ApiId=api_id,
            Stage=stage,
            ApiMappingKey=domain.mapping_key,
        )

    def update_mapping(
        self, domain: Domain, mapping_id: str, api_id: str, stage: str
    ) -> None:
        self._aws.call(
            "update_api_mapping",
            DomainName=domain.name,
            ApiMappingId=mapping_id,
            ApiId=api_id,
            Stage=stage,
            ApiMappingKey=domain.mapping_key,
        )

    def delete_mapping(self, domain: str, mapping_id: str) -> None:
        with suppress(NotFound):
            self._aws.call(
                "delete_api_mapping", DomainName=domain, ApiMappingId=mapping_id
            )
