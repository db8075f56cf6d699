"""Custom domains: created, mapped, moved, adopted and left alone."""

from contextlib import suppress
from typing import Any

import pytest

from tests.sync.bench import Bench, a_spec
from tests.sync.test_interruption import Killed, kill_after
from tests.sync.test_options import CERTIFICATE, DOMAIN, assert_quiet
from wsrouter.aws.botocore_errors import refusal
from wsrouter.catalog.snapshot import Domain
from wsrouter.errors import SyncError
from wsrouter.options import publishing
from wsrouter.sync import render
from wsrouter.sync.destroy import destroy, plan_removal
from wsrouter.sync.target import Target

NEW = publishing.domain({"NAME": "new.example.com", "CERTIFICATE": CERTIFICATE})


def domains(bench: Bench) -> list[str]:
    return [
        domain_name["DomainName"]
        for domain_name in bench.server.get_domain_names()["Items"]
    ]


def mappings(bench: Bench, name: str = "ws.example.com") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = bench.server.get_api_mappings(DomainName=name)[
        "Items"
    ]
    return found


def test_domain_is_created_with_its_mapping(memory: Bench) -> None:
    memory.change(domain=DOMAIN)
    published = memory.run()

    (found,) = mappings(memory)
    assert (found["ApiId"], found["Stage"]) == (published.api_id, "production")
    assert found["ApiMappingKey"] == "chat"
    record = published.plan.deployed.domain
    assert record is not None
    assert record.record.target.startswith("d-")


def test_mapping_key_and_certificate_change(memory: Bench) -> None:
    memory.change(domain=DOMAIN)
    memory.run()
    memory.change(
        domain=publishing.domain(
            {"NAME": "ws.example.com", "CERTIFICATE": CERTIFICATE + "2"}
        )
    )
    memory.run()

    (found,) = mappings(memory)
    assert found.get("ApiMappingKey", "") == ""
    assert_quiet(memory)


def test_a_key_of_our_own_api_leads_to_the_other_stage(memory: Bench) -> None:
    """A stage that comes back finds its former key beside the one that is wanted."""
    plain = publishing.domain({"NAME": "ws.example.com", "CERTIFICATE": CERTIFICATE})
    memory.change(domain=plain)
    memory.run()
    memory.change(domain=DOMAIN, stage="beta")
    memory.run()
    memory.change(stage="production")
    memory.run()

    led = {
        mapping.get("ApiMappingKey", ""): mapping["Stage"]
        for mapping in mappings(memory)
    }
    assert led == {"chat": "production", "": "production"}
    assert_quiet(memory)
    memory.change(domain=None)
    memory.run()
    assert mappings(memory) == []
    assert_quiet(memory)


def test_a_domain_is_left_with_what_leads_to_another_stage(memory: Bench) -> None:
    plain = publishing.domain({"NAME": "ws.example.com", "CERTIFICATE": CERTIFICATE})
    memory.change(domain=plain)
    memory.run()
    memory.change(domain=DOMAIN, stage="beta")
    memory.run()
    memory.change(domain=None)
    memory.run()
    assert [mapping["Stage"] for mapping in mappings(memory)] == ["production"]
    assert_quiet(memory)


def test_a_domain_of_others_is_only_mapped(memory: Bench) -> None:
    memory.server.create_domain_name(
        DomainName="ws.example.com",
        DomainNameConfigurations=[
            {
                "CertificateArn": "arn:other",
                "EndpointType": "REGIONAL",
                "SecurityPolicy": "TLS_1_2",
            }
        ],
    )
    memory.change(domain=DOMAIN)
    memory.run()
    found = memory.server.get_domain_name(DomainName="ws.example.com")
    assert found["DomainNameConfigurations"][0]["CertificateArn"] == "arn:other"
    assert_quiet(memory)
    memory.change(domain=None)
    memory.run(prune=True)

    assert domains(memory) == ["ws.example.com"]
    assert mappings(memory) == []


def test_the_key_of_another_api_is_an_error_or_adopted(memory: Bench) -> None:
    other = Bench(server=memory.server, spec=a_spec("x"))
    other.change(domain=DOMAIN)
    other_id = other.run().api_id
    memory.change(domain=DOMAIN)

    with pytest.raises(SyncError, match=f"leads to the API {other_id}"):
        memory.run()
    assert f"taken over from the API {other_id}" in render.plan_text(
        memory.plan(adopt=True)
    )
    memory.run(adopt=True)
    (found,) = mappings(memory)
    assert found["ApiId"] == memory.api_id()


def test_a_former_domain_loses_its_mapping(memory: Bench) -> None:
    memory.change(domain=DOMAIN)
    memory.run()
    memory.change(domain=NEW)
    assert "domain ws.example.com is not deleted" in render.plan_text(memory.plan())
    memory.run()

    assert mappings(memory) == []
    assert len(mappings(memory, "new.example.com")) == 1
    assert_quiet(memory)


def moved(bench: Bench) -> list[str]:
    """The domains that lead to the API, on its way to another one, after each write."""
    bench.change(domain=DOMAIN)
    bench.run()
    bench.change(domain=NEW)
    seen: list[str] = []

    def look(operation: str) -> None:
        if not operation.startswith("get_"):
            tables = {name: mappings(bench, name) for name in domains(bench)}
            seen.append(" ".join(name for name in tables if tables[name]))

    bench.server.after = look
    bench.run(prune=True)
    bench.server.after = lambda _: None
    return seen


def test_a_former_domain_leads_there_until_the_new_one_does(memory: Bench) -> None:
    seen = moved(memory)

    assert list(dict.fromkeys(seen)) == [
        "ws.example.com",
        "ws.example.com new.example.com",
        "new.example.com",
    ]
    assert domains(memory) == ["new.example.com"]
    assert_quiet(memory)


def test_a_domain_that_aws_refuses_does_not_cost_the_former_one(memory: Bench) -> None:
    memory.change(domain=DOMAIN)
    memory.run()
    memory.change(domain=NEW)

    def refuse(operation: str) -> None:
        if operation == "create_domain_name":
            raise refusal(operation, "BadRequestException", "no certificate", 400)

    memory.server.before = refuse
    with pytest.raises(SyncError, match="no certificate"):
        memory.run()

    assert len(mappings(memory)) == 1
    memory.server.before = lambda _: None
    memory.change(domain=None)
    memory.run()
    assert mappings(memory) == []


@pytest.mark.parametrize("writes", range(1, 9))
def test_killed_on_the_way_to_a_second_and_a_third(memory: Bench, writes: int) -> None:
    memory.server.page = 100
    memory.change(domain=DOMAIN)
    memory.run()
    for name in ("second.example.com", "third.example.com"):
        memory.change(
            domain=publishing.domain({"NAME": name, "CERTIFICATE": CERTIFICATE})
        )
        memory.server.after = kill_after(writes)
        with suppress(Killed):
            memory.run()
        memory.server.after = lambda _: None
    memory.change(domain=NEW)
    memory.run()

    led = {name: len(mappings(memory, name)) for name in domains(memory)}
    assert led.pop("new.example.com") == 1
    assert set(led.values()) == {0}
    assert_quiet(memory)


def test_a_former_domain_is_pruned(memory: Bench) -> None:
    memory.change(domain=DOMAIN)
    memory.run()
    memory.change(domain=None)
    memory.run(prune=True)

    assert domains(memory) == []
    assert_quiet(memory)


def test_a_stage_that_others_mapped_stays_mapped(memory: Bench) -> None:
    memory.run()
    memory.server.create_stage(ApiId=memory.api_id(), StageName="beta")
    memory.server.create_deployment(ApiId=memory.api_id(), StageName="beta")
    other = publishing.domain(
        {"NAME": "ws.example.com", "CERTIFICATE": CERTIFICATE, "MAPPING_KEY": "beta"}
    )
    memory.change(domain=DOMAIN)
    memory.run()
    memory.plane.create_mapping(_domain(other), memory.api_id(), "beta")
    memory.change(timeout=5.0)
    memory.run()

    assert {mapping["ApiMappingKey"] for mapping in mappings(memory)} == {
        "chat",
        "beta",
    }


def _domain(option: publishing.DomainOption) -> Domain:
    return Domain(
        name=option.name,
        certificate_arn=option.certificate,
        mapping_key=option.mapping_key,
    )


def test_destroy_removes_the_domain_too(memory: Bench) -> None:
    memory.change(domain=DOMAIN)
    memory.run()
    removal = plan_removal(memory.plane, Target.of(memory.gateway))
    destroy(memory.plane, removal, sleep=lambda _: None)

    assert domains(memory) == []
    assert list(memory.plane.apis()) == []
