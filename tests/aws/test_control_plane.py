"""The adapter speaks boto3's language."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import botocore.session
import pytest
from botocore import xform_name
from botocore.validate import ParamValidator

from tests.simulated_aws.control_plane import MemoryControlPlane
from tests.sync.bench import OTHER_SECRET, Bench, a_spec
from tests.sync.test_options import DOMAIN
from wsrouter.aws.control.control_plane import ApiGatewayControlPlane
from wsrouter.errors import SyncError
from wsrouter.sync.control_errors import NotFound
from wsrouter.sync.outdated import KEPT_DEPLOYMENTS


def test_every_call_is_valid_for_boto3() -> None:
    bench = Bench(server=MemoryControlPlane().server)
    bench.run()
    bench.change(
        secrets=(OTHER_SECRET,),
        headers={"Tenant": "context.authorizer.tenant"},
        tags={"team": "shop"},
        reply_via="connection",
        stage="beta",
    )
    bench.spec = a_spec("orders.watch")
    bench.run(prune=True)
    bench.change(headers={}, tags={}, domain=DOMAIN)
    bench.run()
    bench.change(domain=None)
    for number in range(KEPT_DEPLOYMENTS):
        bench.change(timeout=1.0 + number)
        bench.run(prune=True)

    model = botocore.session.Session().get_service_model("apigatewayv2")
    shapes = {
        xform_name(name): model.operation_model(name).input_shape
        for name in model.operation_names
    }
    called = {name for name, _ in bench.server.calls}
    assert len(called) >= 25
    assert called >= {"get_domain_names", "untag_resource", "delete_deployment"}
    for name, members in bench.server.calls:
        report = ParamValidator().validate(members, shapes[name])
        assert not report.has_errors(), (name, report.generate_report())
        assert set(members) <= set(shapes[name].members)


def test_http_apis_are_not_seen() -> None:
    plane = MemoryControlPlane()
    found = plane.server.create_api(Name="x", ProtocolType="HTTP")

    assert list(plane.apis()) == []
    with pytest.raises(NotFound, match="not a WebSocket API"):
        plane.api(found["ApiId"])


def test_deleting_what_is_gone_is_no_error() -> None:
    bench = Bench(server=MemoryControlPlane().server)
    api_id = bench.run().api_id
    bench.plane.delete_route(api_id, "gone")
    bench.plane.delete_route_response(api_id, "gone", "gone")


def test_tag_names_are_in_the_region_s_partition() -> None:
    plane = MemoryControlPlane(region="cn-north-1")
    api_id = Bench(server=plane.server).run().api_id
    plane.api(api_id)

    (arn,) = {
        members["ResourceArn"]
        for name, members in plane.server.calls
        if name == "get_tags"
    }
    assert arn == f"arn:aws-cn:apigateway:cn-north-1::/apis/{api_id}"


def test_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    with pytest.raises(SyncError, match="Set up AWS credentials"):
        list(ApiGatewayControlPlane(region="eu-west-1").apis())


def test_no_region() -> None:
    with pytest.raises(SyncError, match="Set REGION"):
        list(ApiGatewayControlPlane().apis())


def test_unknown_profile() -> None:
    with pytest.raises(SyncError, match=r"\(nobody\).*profile"):
        list(ApiGatewayControlPlane(region="eu-west-1", profile="nobody").apis())


def test_nobody_listens() -> None:
    plane = ApiGatewayControlPlane(endpoint_url="http://127.0.0.1:9")

    with pytest.raises(SyncError, match="endpoint URL"):
        list(plane.apis())


@pytest.mark.parametrize(
    "url", ["notaurl", "http://", "http://a b", "http://127.0.0.1:99999"]
)
def test_an_endpoint_url_that_is_none(url: str) -> None:
    plane = ApiGatewayControlPlane(region="eu-west-1", endpoint_url=url)

    with pytest.raises(SyncError, match=r"GetApis failed: .+ the endpoint URL\."):
        list(plane.apis())


class Page(BaseHTTPRequestHandler):
    """A site that has one page for everything."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Shop</title>")

    def log_message(self, *_: object) -> None:
        pass


def test_a_web_site_is_no_api_gateway() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as site:
        Thread(target=site.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{site.server_port}"
        plane = ApiGatewayControlPlane(endpoint_url=url)

        with pytest.raises(SyncError, match=r"answered by a web page.*endpoint URL"):
            list(plane.apis())
        site.shutdown()
