"""What a declared service becomes."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dharma.build import schemas_for
from dharma.components.services.options import ServicesOptions
from dharma.environment import load
from dharma.errors import RenderError
from dharma.manifest import Manifest
from dharma.render import Synth, render
from dharma_rego import emit

Json = dict[str, Any]
DIGEST = "sha256:" + "5" * 64
NAME, INSTANCE = "app.kubernetes.io/name", "app.kubernetes.io/instance"
CANARY = {"canary": {"steps": [10, 50], "pause": "5m"}}
BLUE_GREEN = {"blueGreen": {"previewReplicas": 2, "autoPromote": False, "keep": "20m"}}
VERSIONS = {"v1": {"weight": 90}, "v2": {"weight": 10, "replicas": {"min": 1, "max": 1}}}
STORAGE = {"size": "10Gi", "mountPath": "/data"}
FLAVOURS: dict[str, Json] = {
    "plain": {},
    "exposed": {"expose": {"gateway": "public", "paths": ["/api", "/web/"]}},
    "canary": {
        "rollout": CANARY,
        "ports": {"http": {"port": 8080}, "grpc": {"port": 9000, "protocol": "grpc"}},
    },
    "blue-green": {"rollout": BLUE_GREEN},
    "versions": {"versions": VERSIONS},
    "storage": {"storage": STORAGE, "ports": {"bolt": {"port": 7687, "protocol": "tcp"}}},
    "external": {"external": [{"host": "mail.partner.example", "port": 587}]},
}
TENANT: Json = {
    "description": "A team.",
    "contact": {"email": "team@platform.example"},
    "groups": {"admin": ["admins"]},
    "quota": {"cpu": "8", "memory": "16Gi", "storage": "100Gi", "pods": 50},
    "budget": {"monthly": 100},
}
NETWORK = {"pods": "10.64.0.0/14", "services": "10.68.0.0/16", "nodes": "10.69.0.0/20"}


def service(**fields: Any) -> Json:
    """A service of tenant `shop`, autoscaled from two to four."""
    return {
        "tenant": "shop",
        "description": "Serves.",
        "image": {"repository": "registry.example/shop/app", "tag": "1.2.3", "digest": DIGEST},
        "ports": {"http": {"port": 8080}},
        "replicas": {"min": 2, "max": 4},
        "resources": {"cpu": "100m", "memory": "128Mi"},
        "data": {"classification": "internal"},
        "slo": {"availability": 99.9, "latency": {"threshold": "250ms", "percent": 99}},
        **fields,
    }


def write(root: Path, services: Mapping[str, Json], options: Json | None = None, **cluster: Any) -> Path:
    """A platform repository with one target; JSON is YAML too."""
    components: Json = {name: {} for name in ServicesOptions.requires}
    base = {
        "description": "All.",
        "domain": "platform.example",
        "organisation": "dharma",
        "gitops": {"repository": "https://git.platform.example/p.git", "credentials": "git"},
        "identity": {"issuer": "https://id.platform.example", "clientId": "k", "adminGroup": "admins"},
        "components": components | {"services": options or {}},
    }
    facts = {
        "id": "test-a",
        "provider": "eks",
        "kubernetes": "1.34",
        "ring": 0,
        "kubeContext": "test",
        "network": NETWORK | {"apiServer": "10.69.0.10/32"},
        "zones": ["a"],
        **cluster,
    }
    region = {"role": "primary", "location": "Here", "residency": "eu", "cluster": facts}
    tenants = {name: TENANT | {"costCentre": f"cc-{name}"} for name in ("shop", "data")}
    files: dict[str, Json] = {
        "base": base,
        "test": {"description": "One.", "regions": {"region-a": region}},
        "tenants": {"tenants": tenants},
    }
    files |= {f"services/{name}": spec for name, spec in services.items()}
    for name, content in files.items():
        path = root / "environments" / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, indent=1), encoding="utf-8")
    return root


class Objects:
    """The objects of component `services` by kind and name."""

    def __init__(self, root: Path, synth: Synth = "python") -> None:
        (self.target,) = load(root).targets
        rendered = render(self.target, root, synth)
        self.manifests = [found for found in rendered.manifests if found.component == "services"]
        (made,) = [found for found in rendered.deliveries if found.component == "services"]
        self.chart: Any = made.chart
        pairs = zip(self.manifests, made.drafts, strict=True)
        self.owned = {(found.kind, found.name): draft.owned for found, draft in pairs}

    def find(self, kind: str, name: str = "app") -> Json:
        (found,) = [body for body in self.of(kind) if body["metadata"]["name"] == name]
        return found

    def of(self, kind: str) -> list[Json]:
        return [dict(found.body) for found in self.manifests if found.kind == kind]

    def names(self, kind: str) -> set[str]:
        return {body["metadata"]["name"] for body in self.of(kind)}

    def workload(self, name: str = "app") -> Json:
        kinds = ("Deployment", "StatefulSet", "Rollout")
        (found,) = [body for kind in kinds for body in self.of(kind) if body["metadata"]["name"] == name]
        return found

    def pod(self, name: str = "app") -> Json:
        return dict(self.workload(name)["spec"]["template"])

    def container(self, name: str = "app") -> Json:
        return dict(self.pod(name)["spec"]["containers"][0])


def declared(
    root: Path, options: Json | None = None, others: Mapping[str, Json] | None = None, **fields: Any
) -> Objects:
    """What one service `app` with these fields becomes."""
    return Objects(write(root, {"app": service(**fields), **(others or {})}, options))


@pytest.fixture(scope="module")
def flavours(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Objects]:
    return {name: declared(tmp_path_factory.mktemp(name), **fields) for name, fields in FLAVOURS.items()}


flavour = pytest.mark.parametrize("name", FLAVOURS)


# ---- every flavour --------------------------------------------------------------------------


@flavour
def test_objects_of_a_flavour_are_as_kept(name, flavours, golden):
    documents = [emit(dict(found.body)).decode() for found in flavours[name].manifests]
    golden(f"services/{name}.yaml", "---\n".join(documents))


@flavour
def test_every_object_fits_its_schema(name, flavours, catalogue):
    schemas = schemas_for("1.34", (catalogue,))
    for found in flavours[name].manifests:
        assert not schemas.check(found.body), found.path


@flavour
def test_kubeconform_accepts_every_object(name, flavours, catalogue, tmp_path):
    program = shutil.which("kubeconform")
    if program is None:
        pytest.skip("kubeconform is not on PATH")
    file = tmp_path / "objects.yaml"
    file.write_bytes(b"---\n".join(emit(dict(found.body)) for found in flavours[name].manifests))
    native = max((catalogue / "kubernetes").iterdir())
    places = (
        f"{native}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json",
        f"{catalogue}/{{{{.Group}}}}/{{{{.ResourceKind}}}}_{{{{.ResourceAPIVersion}}}}.json",
    )
    where = [word for place in places for word in ("-schema-location", place)]
    run = subprocess.run([program, "-strict", *where, str(file)], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


@flavour
def test_pods_meet_the_restricted_pod_security_standard(name, flavours):
    for kind in ("Deployment", "StatefulSet", "Rollout"):
        for workload in flavours[name].of(kind):
            pod = workload["spec"]["template"]["spec"]
            assert pod["securityContext"]["runAsNonRoot"] is True
            assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
            assert pod["automountServiceAccountToken"] is False
            assert pod["enableServiceLinks"] is False
            assert all("emptyDir" in volume for volume in pod["volumes"])
            for container in pod["containers"]:
                context = container["securityContext"]
                assert context["allowPrivilegeEscalation"] is False
                assert context["capabilities"] == {"drop": ["ALL"]}
                assert context["readOnlyRootFilesystem"] is True
                assert {"mountPath": "/tmp", "name": "tmp"} in container["volumeMounts"]  # noqa: S108


@flavour
def test_every_object_is_labelled_for_owner_and_cost(name, flavours):
    for found in flavours[name].manifests:
        labels = found.body["metadata"]["labels"]
        assert labels["app.kubernetes.io/managed-by"] == "dharma"
        assert labels["app.kubernetes.io/component"] == "services"
        assert labels["app.kubernetes.io/part-of"] == "shop"
        assert labels["dharma.dev/tenant"] == labels["dharma.dev/owner"] == "shop"
        assert labels["dharma.dev/cost-centre"] == "cc-shop"
        assert found.namespace == "shop"


@flavour
def test_selectors_hold_only_labels_that_never_change(name, flavours):
    for kind in ("Deployment", "StatefulSet", "Rollout"):
        for workload in flavours[name].of(kind):
            selector = workload["spec"]["selector"]["matchLabels"]
            assert selector == {NAME: "app", INSTANCE: workload["metadata"]["name"]}
            assert selector.items() <= workload["spec"]["template"]["metadata"]["labels"].items()


@flavour
def test_prometheus_finds_each_replica_through_one_service(name, flavours):
    monitor = flavours[name].find("ServiceMonitor")["spec"]
    wanted = monitor["selector"]["matchLabels"].items()
    scraped = [body for body in flavours[name].of("Service") if wanted <= body["metadata"]["labels"].items()]
    assert [body["metadata"]["name"] for body in scraped] == ["app"]
    (endpoint,) = monitor["endpoints"]
    assert endpoint["port"] in {port["name"] for port in scraped[0]["spec"]["ports"]}
    assert endpoint["path"] == "/stats/prometheus"
    assert endpoint["relabelings"][0]["replacement"] == "$1:15020"


@flavour
def test_cdk8s_says_the_same_as_python(name, tmp_path):
    root = write(tmp_path, {"app": service(**FLAVOURS[name])})
    ours, theirs = Objects(root), Objects(root, "cdk8s")
    assert [found.body for found in ours.manifests] == [found.body for found in theirs.manifests]


# ---- replicas -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields", [{}, {"rollout": CANARY}, {"rollout": BLUE_GREEN}], ids=["deployment", "canary", "blue-green"]
)
def test_an_autoscaler_alone_says_how_many(fields, tmp_path):
    found = declared(tmp_path, **fields)
    workload, scaler = found.workload(), found.find("HorizontalPodAutoscaler")["spec"]
    assert "replicas" not in workload["spec"]
    assert found.owned[workload["kind"], "app"] == ("/spec/replicas",)
    assert scaler["scaleTargetRef"] == {
        "apiVersion": workload["apiVersion"],
        "kind": workload["kind"],
        "name": "app",
    }
    assert (scaler["minReplicas"], scaler["maxReplicas"]) == (2, 4)


@pytest.mark.parametrize(
    "fields", [{}, {"rollout": CANARY}, {"storage": STORAGE}], ids=["deployment", "canary", "storage"]
)
def test_a_fixed_number_is_written_and_not_autoscaled(fields, tmp_path):
    found = declared(tmp_path, replicas={"min": 3, "max": 3}, **fields)
    assert found.workload()["spec"]["replicas"] == 3
    assert not found.of("HorizontalPodAutoscaler")
    assert found.owned[found.workload()["kind"], "app"] == ()


@pytest.mark.parametrize(("least", "budgets"), [(1, 0), (2, 1), (3, 1)])
def test_a_budget_lets_a_drain_take_one_of_several_replicas(least, budgets, tmp_path):
    found = declared(tmp_path, replicas={"min": least, "max": 5}).of("PodDisruptionBudget")
    assert len(found) == budgets
    for budget in found:
        assert budget["spec"]["maxUnavailable"] == 1
        assert budget["spec"]["unhealthyPodEvictionPolicy"] == "AlwaysAllow"
        assert "minAvailable" not in budget["spec"]


def test_replicas_spread_over_zones_and_hosts(tmp_path):
    constraints = declared(tmp_path).pod()["spec"]["topologySpreadConstraints"]
    assert [spread["topologyKey"] for spread in constraints] == [
        "topology.kubernetes.io/zone",
        "kubernetes.io/hostname",
    ]


# ---- containers -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("digest", "suffix", "annotation"),
    [(DIGEST, f"@{DIGEST}", None), ("placeholder", ":1.2.3", "placeholder")],
    ids=["known", "placeholder"],
)
def test_an_image_without_digest_is_marked(digest, suffix, annotation, tmp_path):
    image = {"repository": "registry.example/shop/app", "tag": "1.2.3", "digest": digest}
    found = declared(tmp_path, image=image)
    assert found.container()["image"] == "registry.example/shop/app" + suffix
    annotations = found.workload()["metadata"].get("annotations", {})
    assert annotations.get("dharma.dev/image-digest") == annotation


def test_an_image_is_taken_from_the_private_mirror(tmp_path):
    root = write(tmp_path, {"app": service()})
    base = root / "environments/base.yaml"
    base.write_text(json.dumps(json.loads(base.read_text()) | {"registry": "mirror.example/all"}))
    assert Objects(root).container()["image"] == f"mirror.example/all/shop/app@{DIGEST}"


@pytest.mark.parametrize(
    ("protocol", "probe"),
    [
        ("http", {"httpGet": {"path": "/readyz", "port": "main"}}),
        ("grpc", {"grpc": {"port": 7000}}),
        ("tcp", {"tcpSocket": {"port": "main"}}),
    ],
)
def test_a_probe_speaks_the_protocol_of_the_port(protocol, probe, tmp_path):
    found = declared(tmp_path, ports={"main": {"port": 7000, "protocol": protocol}}).container()
    assert probe.items() <= found["readinessProbe"].items()
    assert {"startupProbe", "livenessProbe"} <= found.keys()


def test_a_start_may_take_as_long_as_declared(tmp_path):
    found = declared(tmp_path, health={"startupSeconds": 183})
    probe = found.container()["startupProbe"]
    assert probe["periodSeconds"] * probe["failureThreshold"] >= 183
    assert found.workload()["spec"]["progressDeadlineSeconds"] > 183


def test_secrets_are_only_referred_to(tmp_path):
    secrets = [{"secret": "database", "keys": {"DB_PASSWORD": "password"}}]
    environment = declared(tmp_path, variables={"LOG": "json"}, secrets=secrets).container()["env"]
    reference = {"name": "database", "key": "password", "optional": False}
    assert environment == [
        {"name": "LOG", "value": "json"},
        {"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": reference}},
    ]


@pytest.mark.parametrize(
    ("resources", "limits"),
    [({}, {"memory": "128Mi"}), ({"memoryLimit": "1Gi", "cpuLimit": "2"}, {"memory": "1Gi", "cpu": "2"})],
    ids=["default", "declared"],
)
def test_memory_is_always_limited_and_cpu_on_request(resources, limits, tmp_path):
    asked = {"cpu": "100m", "memory": "128Mi"}
    found = declared(tmp_path, resources=asked | resources).container()["resources"]
    assert found == {"requests": asked, "limits": limits}


# ---- storage --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("provider", "chosen", "expected"),
    [
        ("onprem", None, "block-ssd"),
        ("eks", None, "gp3"),
        ("gke", None, "premium-rwo"),
        ("aks", None, "managed-csi-premium"),
        ("eks", "fast", "fast"),
    ],
)
def test_a_volume_is_of_the_declared_or_the_providers_class(provider, chosen, expected, tmp_path):
    storage = STORAGE | ({"storageClass": chosen} if chosen else {})
    pools = {"public": {"addresses": ["10.80.0.0/28"]}, "internal": {"addresses": ["10.81.0.0/28"]}}
    root = write(tmp_path, {"app": service(storage=storage)}, provider=provider, pools=pools)
    (claim,) = Objects(root).find("StatefulSet")["spec"]["volumeClaimTemplates"]
    assert claim["spec"]["storageClassName"] == expected


def test_volumes_outlive_their_service_and_replicas_find_each_other(flavours):
    found = flavours["storage"]
    spec = found.find("StatefulSet")["spec"]
    assert set(spec["persistentVolumeClaimRetentionPolicy"].values()) == {"Retain"}
    headless = found.find("Service", spec["serviceName"])["spec"]
    assert headless["clusterIP"] == "None"
    assert headless["publishNotReadyAddresses"] is True
    assert opened(found, "app", "app", 7687) == {True}


def test_lasting_fields_of_a_volume_do_not_follow_the_image(flavours):
    (claim,) = flavours["storage"].find("StatefulSet")["spec"]["volumeClaimTemplates"]
    assert claim["metadata"]["labels"] == {NAME: "app", INSTANCE: "app"}


# ---- delivery -------------------------------------------------------------------------------


def test_a_canary_grows_in_judged_steps(flavours):
    found = flavours["canary"]
    canary = found.find("Rollout")["spec"]["strategy"]["canary"]
    assert [next(iter(step)) for step in canary["steps"]] == ["setWeight", "pause", "analysis"] * 2
    assert [step["setWeight"] for step in canary["steps"] if "setWeight" in step] == [10, 50]
    judges = canary["steps"][2]["analysis"]["templates"]
    assert {judge["templateName"] for judge in judges} == found.names("AnalysisTemplate")
    assert {canary["stableService"], canary["canaryService"]} <= found.names("Service")


def test_the_controller_owns_a_canarys_weights(flavours):
    found = flavours["canary"]
    routing = found.find("Rollout")["spec"]["strategy"]["canary"]["trafficRouting"]["istio"]["virtualService"]
    routes = found.find("VirtualService", routing["name"])["spec"]["http"]
    assert [route["name"] for route in routes] == routing["routes"] == ["http", "grpc"]
    owned = found.owned["VirtualService", "app"]
    assert len(owned) == 4
    assert [pointed(found.find("VirtualService"), pointer) for pointer in owned] == [100, 0, 100, 0]


def pointed(body: Any, pointer: str) -> Any:
    for step in pointer.split("/")[1:]:
        body = body[int(step)] if isinstance(body, list) else body[step]
    return body


def test_a_canarys_services_are_switched_by_the_controller(flavours):
    owned = {name: flavours["canary"].owned["Service", name] for name in ("app", "app-stable", "app-canary")}
    assert owned == {
        "app": (),
        "app-stable": ("/spec/selector/rollouts-pod-template-hash",),
        "app-canary": ("/spec/selector/rollouts-pod-template-hash",),
    }


def test_a_canary_is_held_to_the_services_own_objectives(flavours):
    template = flavours["canary"].find("AnalysisTemplate", "app")["spec"]["metrics"]
    availability, latency = template
    assert availability["successCondition"].endswith("result[0] >= 0.999")
    assert latency["successCondition"].endswith("result[0] <= 250")
    assert "histogram_quantile(0.99, " in latency["provider"]["prometheus"]["query"]
    for metric in template:
        assert 'destination_service_name="app-canary"' in metric["provider"]["prometheus"]["query"]
        assert "[300s]" in metric["provider"]["prometheus"]["query"]


@pytest.mark.parametrize("template", ["app", "rollout-stability"])
def test_no_answer_is_no_verdict(template, flavours):
    for metric in flavours["canary"].find("AnalysisTemplate", template)["spec"]["metrics"]:
        for condition in ("successCondition", "failureCondition"):
            assert metric[condition].startswith("len(result) > 0 && !isNaN(result[0]) && ")


def test_blue_green_is_judged_before_and_after_the_switch(flavours):
    found = flavours["blue-green"]
    strategy = found.find("Rollout")["spec"]["strategy"]["blueGreen"]
    assert {"app", "app-preview"} == found.names("Service")
    assert (strategy["activeService"], strategy["previewService"]) == ("app", "app-preview")
    assert strategy["autoPromotionEnabled"] is False
    assert strategy["previewReplicaCount"] == 2
    assert strategy["scaleDownDelaySeconds"] == 1200
    assert strategy["prePromotionAnalysis"]["templates"] == [{"templateName": "rollout-stability"}]
    assert strategy["postPromotionAnalysis"]["templates"] == [{"templateName": "app"}]
    query = found.find("AnalysisTemplate")["spec"]["metrics"][0]["provider"]["prometheus"]["query"]
    assert 'destination_service_name="app"' in query


@pytest.mark.parametrize("keep", ["2m", "5m", "20m"])
def test_a_switch_is_judged_while_the_old_version_still_stands(keep, tmp_path):
    found = declared(tmp_path, rollout={"blueGreen": {"keep": keep}})
    kept = found.find("Rollout")["spec"]["strategy"]["blueGreen"]["scaleDownDelaySeconds"]
    for metric in found.find("AnalysisTemplate")["spec"]["metrics"]:
        assert int(metric["initialDelay"].removesuffix("s")) < kept


def test_a_rollout_comes_after_what_it_refers_to_and_its_autoscaler_after_it(flavours):
    def wave(kind: str, name: str = "app") -> int:
        notes = flavours["canary"].find(kind, name)["metadata"].get("annotations", {})
        return int(notes.get("argocd.argoproj.io/sync-wave", "0"))

    needed = [wave("VirtualService"), wave("AnalysisTemplate"), wave("Service", "app-canary")]
    assert max(needed) < wave("Rollout") < wave("HorizontalPodAutoscaler")


def test_a_tenants_rollouts_share_one_analysis(tmp_path):
    other = {"b": service(rollout=BLUE_GREEN), "c": service(tenant="data", rollout=CANARY)}
    shared = declared(tmp_path, others=other, rollout=CANARY).of("AnalysisTemplate")
    spaces = [
        body["metadata"]["namespace"] for body in shared if body["metadata"]["name"] == "rollout-stability"
    ]
    assert spaces == ["data", "shop"]


def test_a_rollout_of_plain_tcp_is_judged_by_its_replicas_alone(tmp_path):
    found = declared(tmp_path, rollout=CANARY, ports={"main": {"port": 7000, "protocol": "tcp"}})
    assert found.names("AnalysisTemplate") == {"rollout-stability"}
    routes = found.find("Rollout")["spec"]["strategy"]["canary"]["trafficRouting"]["istio"]["virtualService"]
    assert routes == {"name": "app", "tcpRoutes": [{"port": 7000}]}
    assert found.owned["VirtualService", "app"][0] == "/spec/tcp/0/route/0/weight"


def test_versions_run_side_by_side_and_share_calls(flavours):
    found = flavours["versions"]
    assert found.names("Deployment") == {"app-v1", "app-v2"}
    assert found.names("HorizontalPodAutoscaler") == found.names("PodDisruptionBudget") == {"app-v1"}
    (route,) = found.find("VirtualService")["spec"]["http"]
    shares = {leg["destination"]["subset"]: leg["weight"] for leg in route["route"]}
    assert shares == {"v1": 90, "v2": 10}
    for subset in found.find("DestinationRule")["spec"]["subsets"]:
        pod = found.pod(f"app-{subset['name']}")
        assert subset["labels"].items() <= pod["metadata"]["labels"].items()


# ---- traffic --------------------------------------------------------------------------------


def test_an_exposed_path_means_itself_and_what_is_below(flavours):
    spec = flavours["exposed"].find("VirtualService")["spec"]
    assert spec["hosts"] == ["app.shop.svc.cluster.local", "app.platform.example"]
    assert spec["gateways"] == ["mesh", "istio-ingress/public"]
    matches = [match["uri"] for match in spec["http"][0]["match"]]
    assert matches == [{"exact": "/api"}, {"prefix": "/api/"}, {"prefix": "/web/"}]
    assert all(match["gateways"] == ["istio-ingress/public"] for match in spec["http"][0]["match"])


@pytest.mark.parametrize("kind", ["public", "internal"])
def test_only_the_gateway_of_its_kind_may_call_an_exposed_service(kind, tmp_path):
    found = declared(tmp_path, expose={"gateway": kind, "host": "a.platform.example"})
    (rule,) = found.find("AuthorizationPolicy")["spec"]["rules"]
    principal = f"cluster.local/ns/istio-ingress/sa/gateway-{kind}"
    assert rule["from"] == [{"source": {"principals": [principal]}}]
    assert rule["to"] == [{"operation": {"ports": ["8080"]}}]
    assert "a.platform.example" in found.find("VirtualService")["spec"]["hosts"]


def test_plain_tcp_cannot_be_exposed(tmp_path):
    with pytest.raises(RenderError, match="no gateway can route plain TCP"):
        declared(tmp_path, expose={}, ports={"main": {"port": 7000, "protocol": "tcp"}})


@pytest.mark.parametrize(
    ("traffic", "retries"),
    [
        ({"retries": 0}, {"attempts": 0}),
        (
            {"retries": 1, "retryTimeout": "1s"},
            {
                "attempts": 1,
                "perTryTimeout": "1s",
                "retryOn": "connect-failure,refused-stream,unavailable",
            },
        ),
    ],
    ids=["none", "one"],
)
def test_calls_are_retried_as_declared(traffic, retries, tmp_path):
    (route,) = declared(tmp_path, traffic=traffic | {"timeout": "9s"}).find("VirtualService")["spec"]["http"]
    assert (route["retries"], route["timeout"]) == (retries, "9s")


def test_callers_use_mutual_tls_and_leave_out_failing_replicas(tmp_path):
    traffic = {"maxConnections": 7, "maxPending": 8, "ejectAfter": 9, "ejectFor": "11s"}
    policy = declared(tmp_path, traffic=traffic).find("DestinationRule")["spec"]["trafficPolicy"]
    assert policy["tls"] == {"mode": "ISTIO_MUTUAL"}
    assert policy["connectionPool"]["tcp"]["maxConnections"] == 7
    assert policy["connectionPool"]["http"]["http1MaxPendingRequests"] == 8
    assert policy["outlierDetection"]["consecutive5xxErrors"] == 9
    assert policy["outlierDetection"]["baseEjectionTime"] == "11s"


# ---- access ---------------------------------------------------------------------------------


def passes(rules: list[Json], side: str, tenant: str, name: str, port: int) -> bool:
    space, pods = {"kubernetes.io/metadata.name": tenant}, {NAME: name}
    return any(
        peer.get("namespaceSelector") == {"matchLabels": space}
        and peer.get("podSelector", {"matchLabels": pods}) == {"matchLabels": pods}
        and {"protocol": "TCP", "port": port} in rule["ports"]
        for rule in rules
        for peer in rule[side]
    )


def opened(found: Objects, caller: str, callee: str, port: int) -> set[bool]:
    """What each policy by itself says; one value where they agree."""
    tenants = {name: spec.tenant for name, spec in found.target.services.items()}
    account = f"cluster.local/ns/{tenants[caller]}/sa/{caller}"
    rules = found.find("AuthorizationPolicy", callee)["spec"].get("rules", ())
    return {
        any(
            account in rule["from"][0]["source"]["principals"]
            and str(port) in rule["to"][0]["operation"]["ports"]
            for rule in rules
        ),
        passes(found.find("NetworkPolicy", callee)["spec"]["ingress"], "from", tenants[caller], caller, port),
        passes(found.find("NetworkPolicy", caller)["spec"]["egress"], "to", tenants[callee], callee, port),
    }


PORTS = {"http": 8080, "grpc": 9000}


@st.composite
def graphs(draw: st.DrawFn) -> tuple[dict[str, str], set[tuple[str, str, str]]]:
    """Tenants by service, and calls as caller, callee, port's name."""
    names = [f"s{number}" for number in range(draw(st.integers(2, 5)))]
    tenants = {name: draw(st.sampled_from(("shop", "data"))) for name in names}
    possible = [(one, two, port) for one, two in itertools.permutations(names, 2) for port in PORTS]
    return tenants, draw(st.sets(st.sampled_from(possible)))


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(graphs())
def test_exactly_the_declared_calls_pass_every_policy(graph):
    tenants, calls = graph
    ports = {"http": {"port": 8080}, "grpc": {"port": 9000, "protocol": "grpc"}}
    services = {
        name: service(tenant=tenant, ports=ports, calls=list(spoken(name, calls)))
        for name, tenant in tenants.items()
    }
    with tempfile.TemporaryDirectory() as folder:
        found = Objects(write(Path(folder), services))
    for caller, callee in itertools.permutations(tenants, 2):
        for port, number in PORTS.items():
            assert opened(found, caller, callee, number) == {(caller, callee, port) in calls}


def spoken(name: str, calls: set[tuple[str, str, str]]) -> Iterator[str]:
    """A service's calls as it declares them; its callee's first port needs no name."""
    for caller, callee, port in sorted(calls):
        if caller == name:
            yield callee if port == "http" else f"{callee}:{port}"


def test_a_service_that_nobody_calls_refuses_everybody(tmp_path):
    found = declared(tmp_path)
    assert found.find("AuthorizationPolicy")["spec"] == {
        "selector": {"matchLabels": {NAME: "app"}},
        "action": "ALLOW",
        "rules": [],
    }
    (scrape,) = found.find("NetworkPolicy")["spec"]["ingress"]
    assert scrape["ports"] == [{"protocol": "TCP", "port": 15020}]
    assert (
        scrape["from"][0]["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] == "monitoring"
    )


def test_without_external_hosts_nothing_leaves_the_cluster(tmp_path):
    assert "ipBlock" not in json.dumps(declared(tmp_path).find("NetworkPolicy"))


def test_an_external_host_is_reached_at_its_port_only_and_never_inside(flavours):
    found = flavours["external"]
    entry = found.find("ServiceEntry", "app-mail-partner-example-587")["spec"]
    assert (entry["hosts"], entry["exportTo"]) == (["mail.partner.example"], ["."])
    rule = found.find("NetworkPolicy")["spec"]["egress"][-1]
    assert rule["ports"] == [{"protocol": "TCP", "port": 587}]
    (block,) = (peer["ipBlock"] for peer in rule["to"])
    assert block["cidr"] == "0.0.0.0/0"
    assert {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"} <= set(block["except"])


def test_a_call_counts_for_the_policies_of_both_sides_alone(tmp_path):
    others = {"b": service(calls=["app"]), "c": service(calls=["app"])}
    found = declared(tmp_path, others=others)
    place = tmp_path / "environments/services/b.yaml"
    line = next(n for n, text in enumerate(place.read_text().splitlines(), 1) if text.strip() == '"app"')
    resting = {(made.kind, made.name) for made in found.manifests if rests(made, "b", line)}
    assert resting == {("AuthorizationPolicy", "app"), ("NetworkPolicy", "app"), ("NetworkPolicy", "b")}


def rests(made: Manifest, name: str, line: int) -> bool:
    return any(origin.file.endswith(f"/{name}.yaml") and origin.line == line for origin in made.origins)


# ---- signals --------------------------------------------------------------------------------


def test_services_are_watched_in_the_tenants_namespaces_only(tmp_path):
    found = declared(tmp_path)
    alerts = {alert.name: alert.expression for alert in found.chart.alerts()}
    assert alerts.keys() == {
        "ServiceErrors",
        "ServiceSlow",
        "ServiceCrashLoop",
        "ServiceNotReady",
        "ServiceAtMaximum",
    }
    (dashboard,) = found.chart.dashboards()
    for query in (*alerts.values(), *(panel.query for panel in dashboard.panels)):
        assert 'namespace=~"data|shop"' in query
        assert query.count("(") == query.count(")")
        assert query.count("{") == query.count("}")


# ---- options --------------------------------------------------------------------------------

TOGGLES: dict[str, Any] = {
    "state": "retiring",
    "prometheus": "http://thanos.monitoring.svc:9090",
    "gracePeriod": 31,
    "storageGracePeriod": 121,
    "drain": 6,
    "minReady": 11,
    "history": 4,
    "scratch": "65Mi",
    "maxEjected": 51,
}


def test_every_option_is_tried():
    assert {info.alias for info in ServicesOptions.model_fields.values()} == TOGGLES.keys()


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    others = {"store": service(storage=STORAGE)}
    found = declared(tmp_path_factory.mktemp("untouched"), others=others, rollout=CANARY)
    return [made.body for made in found.manifests]


@pytest.mark.parametrize("option", TOGGLES)
def test_every_option_changes_what_is_rendered(option, untouched, tmp_path):
    others = {"store": service(storage=STORAGE)}
    found = declared(tmp_path, {option: TOGGLES[option]}, others, rollout=CANARY)
    assert [made.body for made in found.manifests] != untouched


def test_a_retiring_component_renders_no_service(tmp_path):
    assert declared(tmp_path, {"state": "retiring"}, rollout=CANARY).manifests == []


def test_a_drain_longer_than_the_grace_period_is_refused(tmp_path):
    with pytest.raises(Exception, match="drain must be shorter"):
        declared(tmp_path, {"drain": 30})
