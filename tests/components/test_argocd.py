"""What Argo CD is told to deliver, in which order, by whom, and what it leaves alone."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from dharma import sequence
from dharma.components.argocd.options import ArgocdOptions, SyncWindow
from dharma.components.argocd.server import APPLICATION_HEALTH
from dharma.errors import RenderError

WAVE = "argocd.argoproj.io/sync-wave"
WINDOW = {"schedule": "0 0 * * *", "duration": "8h"}
CASES = {
    "version": ("version", "10.1.2"),
    "replicas": ("replicas", 4),
    "shards": ("shards", 3),
    "redis_ha": ("redisHa", True),
    "host": ("host", "delivery.platform.example"),
    "oidc_secret": ("oidcSecret", "another"),
    "platform_role": ("platformRole", "admin"),
    "self_heal": ("selfHeal", False),
    "cascade": ("cascade", False),
    "retries": ("retries", 9),
    "sync_windows": ("syncWindows", [WINDOW]),
    "sync_windows.kind": ("syncWindows", [{**WINDOW, "kind": "allow"}]),
    "sync_windows.schedule": ("syncWindows", [{**WINDOW, "schedule": "0 1 * * *"}]),
    "sync_windows.duration": ("syncWindows", [{**WINDOW, "duration": "9h"}]),
    "sync_windows.time_zone": ("syncWindows", [{**WINDOW, "timeZone": "Europe/Berlin"}]),
    "sync_windows.manual": ("syncWindows", [{**WINDOW, "manual": False}]),
    "webhook": ("webhook", "https://chat.platform.example/hook"),
    "mail": ("mail", {"host": "mail.platform.example", "sender": "argocd@platform.example"}),
}


def applications(found):
    return {manifest.name: manifest.body for manifest in found.all("Application")}


def wave(body):
    return int(body["metadata"]["annotations"][WAVE])


@pytest.mark.parametrize("option", CASES)
def test_an_option_changes_the_output(small, option):
    alias, value = CASES[option]
    before = {"syncWindows": [WINDOW]} if option.startswith("sync_windows.") else {}
    assert small({"argocd": before}).text("argocd") != small({"argocd": {alias: value}}).text("argocd")


def test_every_option_is_tried():
    nested = {f"sync_windows.{name}" for name in SyncWindow.model_fields}
    assert set(CASES) == {name for name in ArgocdOptions.model_fields if name != "state"} | nested


def test_there_is_an_application_for_each_chart_component_and_tenant(small):
    assert set(applications(small())) == {
        "root",
        "tenancy",
        "rollouts",
        "mesh",
        "services-shop",
        "services-data",
        "chart-prometheus-operator-crds",
        "chart-prometheus-operator",
        "chart-argo-rollouts",
        "chart-istio-base",
        "chart-istio-cni",
        "chart-istiod",
        "chart-gateway-public",
        "chart-gateway-internal",
        "chart-argo-cd",
    }


def test_every_folder_of_the_tree_is_delivered_by_exactly_one_application(small):
    found = small()
    paths = [
        body["spec"]["source"]["path"]
        for body in applications(found).values()
        if "path" in body["spec"]["source"]
    ]
    folders = {
        f"generated/production/region-a/{manifest.component}"
        + (f"/{manifest.folder.split('/')[1]}" if manifest.component == "services" else "")
        for manifest in found.manifests
    }
    assert sorted(paths) == sorted(folders)


def test_applications_track_the_branch_of_their_target(small):
    for name, body in applications(small()).items():
        source = body["spec"]["source"]
        if not name.startswith("chart-"):
            assert source["targetRevision"] == "deploy/production.region-a"
            assert source["directory"] == {"recurse": True}
            assert body["metadata"]["annotations"]["argocd.argoproj.io/manifest-generate-paths"] == (
                "/" + source["path"]
            )


def test_waves_follow_the_order_of_the_components(small):
    found = small()
    waves = {name: wave(body) for name, body in applications(found).items()}
    levels = {name: delivery.level for name, delivery in found.deliveries.items()}
    assert waves["tenancy"] == sequence.own_wave(levels["tenancy"]) == 9
    assert waves["tenancy"] < waves["chart-prometheus-operator-crds"] < waves["chart-prometheus-operator"]
    assert waves["chart-istio-base"] < waves["chart-istiod"] < waves["chart-gateway-public"] < waves["mesh"]
    assert waves["mesh"] < waves["services-shop"] == waves["services-data"] < waves["chart-argo-cd"]
    assert waves["root"] == max(waves.values())
    assert all(wave(manifest.body) < 0 for manifest in found.all("AppProject"))


def test_every_application_is_applied_server_side_and_tried_again(small):
    for body in applications(small()).values():
        policy = body["spec"]["syncPolicy"]
        assert "ServerSideApply=true" in policy["syncOptions"]
        assert not any("Replace" in option for option in policy["syncOptions"])
        assert policy["automated"]["selfHeal"] is True
        assert policy["retry"] == {
            "limit": 5,
            "backoff": {"duration": "10s", "factor": 2, "maxDuration": "5m"},
            "refresh": True,
        }


def test_definitions_are_never_pruned_and_stay_when_their_application_goes(small):
    found = small()
    for name in ("chart-istio-base", "chart-prometheus-operator-crds"):
        body = found.one("Application", name)
        assert body["spec"]["syncPolicy"]["automated"]["prune"] is False
        assert "Prune=false" in body["spec"]["syncPolicy"]["syncOptions"]
        assert "finalizers" not in body["metadata"]


def test_argo_cd_and_its_root_are_not_removed_with_their_applications(small):
    found = small()
    kept = {name for name, body in applications(found).items() if not body["metadata"].get("finalizers")}
    assert kept == {"root", "chart-argo-cd", "chart-istio-base", "chart-prometheus-operator-crds"}


def test_a_chart_is_named_at_its_exact_version_with_its_values(small):
    found = small()
    release = found.release("istiod")
    source = found.one("Application", "chart-istiod")["spec"]["source"]
    assert source == {
        "repoURL": release.repository,
        "chart": "istiod",
        "targetRevision": "1.30.3",
        "helm": {"releaseName": "istiod", "valuesObject": json.loads(json.dumps(release.values))},
    }


def test_what_others_write_is_left_to_them_object_by_object(small):
    found = small()
    spec = found.one("Application", "services-shop")["spec"]
    replicas = {
        "group": "apps",
        "kind": "Deployment",
        "name": "checkout",
        "namespace": "shop",
        "jsonPointers": ["/spec/replicas"],
    }
    assert spec["ignoreDifferences"] == [replicas]
    assert "RespectIgnoreDifferences=true" in spec["syncPolicy"]["syncOptions"]
    fixed = found.one("Application", "services-data")["spec"]
    assert "ignoreDifferences" not in fixed
    assert "RespectIgnoreDifferences=true" not in fixed["syncPolicy"]["syncOptions"]


def test_certificates_of_webhooks_are_left_to_istiod(small):
    ignored = small().one("Application", "chart-istiod")["spec"]["ignoreDifferences"]
    assert {entry["kind"] for entry in ignored} == {
        "ValidatingWebhookConfiguration",
        "MutatingWebhookConfiguration",
    }
    assert all("caBundle" in json.dumps(entry["jsonPointers"]) for entry in ignored)


def test_a_retiring_component_loses_its_own_objects_and_keeps_its_charts(small):
    found = small({"mesh": {"state": "retiring"}})
    spec = found.one("Application", "mesh")["spec"]
    assert spec["source"]["directory"]["exclude"] == "*"
    assert spec["syncPolicy"]["automated"] == {"prune": True, "selfHeal": True, "allowEmpty": True}
    assert (
        found.one("Application", "chart-istiod")["spec"] == small().one("Application", "chart-istiod")["spec"]
    )


def test_only_a_retiring_component_may_become_empty(small):
    for body in applications(small()).values():
        assert body["spec"]["syncPolicy"]["automated"]["allowEmpty"] is False


def test_the_root_delivers_itself_and_is_not_waited_for(small):
    found = small()
    root = found.one("Application", "root")
    assert root["spec"]["source"]["path"] == "generated/production/region-a/argocd"
    assert root["metadata"]["annotations"]["argocd.argoproj.io/ignore-healthcheck"] == "true"
    others = [body for name, body in applications(found).items() if name != "root"]
    assert not any("ignore-healthcheck" in json.dumps(body["metadata"]) for body in others)


def test_a_tenants_project_reaches_one_repository_and_one_namespace(small):
    spec = small().one("AppProject", "shop")["spec"]
    assert spec["sourceRepos"] == ["https://git.platform.example/p.git"]
    assert spec["destinations"] == [{"server": "https://kubernetes.default.svc", "namespace": "shop"}]
    assert spec["clusterResourceWhitelist"] == []
    assert spec["orphanedResources"]["warn"] is True


def test_a_tenants_project_takes_exactly_the_kinds_that_services_consist_of(small):
    services = {
        "canary": service(rollout={"canary": {"steps": [10]}}),
        "store": service(storage={"size": "1Gi", "mountPath": "/data"}, replicas={"min": 2, "max": 2}),
        "caller": service(external=[{"host": "mail.partner.example"}], calls=["store"]),
    }
    found = small(services=services)
    kinds = {
        (manifest.group, manifest.kind) for manifest in found.manifests if manifest.component == "services"
    }
    listed = found.one("AppProject", "shop")["spec"]["namespaceResourceWhitelist"]
    assert {(entry["group"], entry["kind"]) for entry in listed} == kinds
    assert listed == small().one("AppProject", "shop")["spec"]["namespaceResourceWhitelist"]


def test_the_platforms_project_has_no_wildcard_and_covers_what_it_delivers(small):
    found = small()
    spec = found.one("AppProject", "platform-system")["spec"]
    assert "*" not in json.dumps(spec)
    allowed = {entry["namespace"] for entry in spec["destinations"]}
    delivered = {
        manifest.namespace
        for manifest in found.manifests
        if manifest.component != "services" and manifest.namespace
    }
    charts = [body["spec"] for name, body in applications(found).items() if name.startswith("chart-")]
    assert delivered | {spec["destination"]["namespace"] for spec in charts} <= allowed
    assert {chart["source"]["repoURL"] for chart in charts} < set(spec["sourceRepos"])


def test_applications_stay_inside_their_project(small):
    found = small()
    for name, body in applications(found).items():
        owner = name.removeprefix("services-") if name.startswith("services-") else "platform-system"
        assert body["spec"]["project"] == owner
        project = found.one("AppProject", owner)["spec"]
        assert body["spec"]["source"]["repoURL"] in project["sourceRepos"]
        assert body["spec"]["destination"] in project["destinations"]


def test_groups_get_their_role_in_the_project_and_no_other(small):
    roles = {role["name"]: role for role in small().one("AppProject", "shop")["spec"]["roles"]}
    assert {name: role["groups"] for name, role in roles.items()} == {
        "admin": ["shop-admins"],
        "developer": ["shop-developers"],
    }
    for name, role in roles.items():
        for policy in role["policies"]:
            fields = policy.split(", ")
            assert fields[:2] == ["p", f"proj:shop:{name}"]
            assert fields[4:] == ["shop/*", "allow"]
    assert not any("delete" in policy for role in roles.values() for policy in role["policies"])


def test_a_freeze_holds_for_every_application_of_a_tenant(small):
    found = small({"argocd": {"syncWindows": [WINDOW]}})
    (window,) = found.one("AppProject", "shop")["spec"]["syncWindows"]
    assert window["kind"] == "deny"
    assert window["applications"] == ["*"]
    assert "syncWindows" not in found.one("AppProject", "platform-system")["spec"]


def test_a_tenant_hears_of_its_own_failures(small):
    told = {"webhook": "https://chat.platform.example/hook", "mail": CASES["mail"][1]}
    found = small({"argocd": told})
    notes = found.one("AppProject", "shop")["metadata"]["annotations"]
    prefix = "notifications.argoproj.io/subscribe"
    assert {name: to for name, to in notes.items() if name.startswith(prefix)} == {
        f"{prefix}.{trigger}.{way}": "shop@platform.example"
        for trigger in ("on-sync-failed", "on-degraded")
        for way in ("platform", "email")
    }
    values = found.release("argo-cd").values
    relay = json.loads(values["notifications"]["notifiers"]["service.email"])
    assert relay["host"] == "mail.platform.example"
    assert relay["password"] == "$email-password"  # noqa: S105 - a reference
    (policy,) = values["extraObjects"]
    assert [port["port"] for port in policy["spec"]["egress"][0]["ports"]] == [22, 443, 587]
    assert not any(
        name.startswith(prefix) for name in small().one("AppProject", "shop")["metadata"]["annotations"]
    )


def test_a_component_that_goes_may_still_be_pruned_where_it_was(small):
    found = small(without=("mesh", "services"), services={})
    spaces = [
        entry["namespace"] for entry in found.one("AppProject", "platform-system")["spec"]["destinations"]
    ]
    assert {"istio-system", "istio-ingress"} <= set(spaces)


def test_a_tenants_project_outlives_its_applications(small):
    finalizer = ["resources-finalizer.argocd.argoproj.io"]
    assert small().one("AppProject", "shop")["metadata"]["finalizers"] == finalizer
    assert "finalizers" not in small().one("AppProject", "platform-system")["metadata"]


def test_the_root_can_begin_before_the_kinds_it_holds_are_there(small):
    for manifest in small().all("VirtualService", "argocd"):
        notes = manifest.body["metadata"]["annotations"]
        assert notes["argocd.argoproj.io/sync-options"] == "SkipDryRunOnMissingResource=true"
        assert int(notes[WAVE]) > max(
            wave(body) for name, body in applications(small()).items() if name in {"mesh", "chart-istiod"}
        )


def test_people_sign_in_with_the_identity_provider_only(small):
    values = small().release("argo-cd").values
    config = values["configs"]["cm"]
    assert config["admin.enabled"] is False
    assert values["dex"] == {"enabled": False}
    assert values["configs"]["rbac"]["policy.default"] == ""
    assert json.loads(config["oidc.config"])["clientSecret"] == "$argocd-oidc:clientSecret"


def test_no_role_rests_on_a_group_with_a_line_break(small):
    tenants = {"shop": tenant(["shop-admins\ng, anybody, role:admin"])}
    with pytest.raises(RenderError, match="control character"):
        small(tenants=tenants, services={})


def test_a_group_is_one_field_of_a_policy(small):
    found = small(tenants={"shop": tenant(['a, "b", role:admin'])}, services={})
    policy = found.release("argo-cd").values["configs"]["rbac"]["policy.csv"]
    assert 'g, "a, ""b"", role:admin", role:tenant-shop' in policy.splitlines()


def test_default_deny_does_not_cut_argo_cd_off_from_git(small):
    (policy,) = small().release("argo-cd").values["extraObjects"]
    (rule,) = policy["spec"]["egress"]
    assert [port["port"] for port in rule["ports"]] == [22, 443]
    assert rule["to"][0]["ipBlock"]["except"] == ["10.64.0.0/14", "10.68.0.0/16", "169.254.0.0/16"]


def test_tls_ends_at_the_internal_gateway_only_if_there_is_one(small):
    found = small()
    alone = small(without=("mesh", "services"), services={})
    assert found.one("VirtualService", "argocd")["spec"]["gateways"] == ["istio-ingress/internal"]
    assert found.release("argo-cd").values["configs"]["params"]["server.insecure"] is True
    assert not alone.all("VirtualService")
    assert alone.release("argo-cd").values["configs"]["params"]["server.insecure"] is False


def test_charts_and_images_come_from_the_private_mirror_where_there_is_one(small):
    found = small(settings={"registry": "mirror.example/platform"})
    for name, body in applications(found).items():
        if name.startswith("chart-"):
            assert body["spec"]["source"]["repoURL"] == "mirror.example/platform/charts"
    image = found.release("argo-cd").values["global"]["image"]
    assert image == {"repository": "mirror.example/platform/argoproj/argocd"}


def test_a_charts_application_rests_on_the_lines_that_its_values_rest_on(small):
    found = small({"mesh": {"version": "1.30.4", "memory": "2Gi"}})
    base = found.target.origins(("components", "mesh", "version"))
    memory = found.target.origins(("components", "mesh", "memory"))
    rests = {manifest.name: set(manifest.origins) for manifest in found.all("Application")}
    assert base <= rests["chart-istiod"]
    assert memory <= rests["chart-istiod"]
    assert base <= rests["chart-istio-base"]
    assert not memory & rests["chart-istio-base"]
    assert not memory & rests["mesh"]


def application(sync="Synced", health="Healthy", phase="Succeeded", compared="main", annotation=None):
    source = f'source = {{ targetRevision = "{compared}" }}'
    operation = f'operationState = {{ phase = "{phase}" }}, ' if phase else ""
    notes = (
        f'annotations = {{ ["argocd.argoproj.io/ignore-healthcheck"] = "{annotation}" }}'
        if annotation
        else ""
    )
    return (
        f'{{ metadata = {{ {notes} }}, spec = {{ source = {{ targetRevision = "main" }} }}, status = {{ '
        f'{operation}health = {{ status = "{health}" }}, '
        f'sync = {{ status = "{sync}", comparedTo = {{ {source} }} }} }} }}'
    )


HEALTH = {
    "synced-and-healthy": (application(), "Healthy"),
    "never-operated-on": (application(phase=None), "Healthy"),
    "new": ('{ metadata = {}, spec = { source = { targetRevision = "main" } } }', "Progressing"),
    "out-of-sync": (application(sync="OutOfSync"), "Progressing"),
    "operation-runs": (application(phase="Running"), "Progressing"),
    "operation-failed": (application(phase="Failed"), "Progressing"),
    "pods-start": (application(health="Progressing"), "Progressing"),
    "degraded": (application(health="Degraded"), "Degraded"),
    "compared-with-an-older-version": (application(compared="older"), "Progressing"),
    "not-waited-for": (application(sync="OutOfSync", phase="Running", annotation="true"), "Healthy"),
}


@pytest.mark.parametrize("case", HEALTH)
def test_an_application_is_healthy_once_it_is_synced_healthy_and_its_operation_succeeded(case, tmp_path):
    program = next(filter(None, map(shutil.which, ("lua", "luajit", "glua"))), None)
    if program is None:
        pytest.skip("no Lua interpreter on PATH")
    judged, wanted = HEALTH[case]
    script = tmp_path / "health.lua"
    script.write_text(
        f"local function judge(obj)\n{APPLICATION_HEALTH}\nend\nprint(judge({judged}).status)\n"
    )
    run = subprocess.run([program, str(script)], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == wanted


def test_applications_are_judged_by_that_check(small):
    config = small().release("argo-cd").values["configs"]["cm"]
    assert config["resource.customizations.health.argoproj.io_Application"] == APPLICATION_HEALTH


def test_the_objects_stay_as_they_are(small, golden):
    golden("argocd/small.yaml", small().text("argocd"))


def test_kubeconform_accepts_every_object(small, conform):
    conform(small({"argocd": {"syncWindows": [WINDOW]}}).text("argocd"))


def tenant(admins):
    return {
        "description": "Sells.",
        "costCentre": "cc-2000",
        "contact": {"email": "shop@platform.example"},
        "groups": {"admin": admins},
        "quota": {"cpu": "8", "memory": "16Gi", "storage": "100Gi", "pods": 50},
        "budget": {"monthly": 100},
    }


def service(**fields: object) -> dict[str, object]:
    return {
        "tenant": "shop",
        "description": "Serves.",
        "image": {"repository": "registry.example/app", "tag": "1.2.3", "digest": "placeholder"},
        "ports": {"http": {"port": 8080}},
        "replicas": {"min": 2, "max": 4},
        "resources": {"cpu": "100m", "memory": "128Mi"},
        "data": {"classification": "internal"},
        "slo": {"availability": 99.9},
        **fields,
    }
