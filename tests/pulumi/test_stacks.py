"""Every stack on Pulumi's mock engine: what it makes, in which order, how it is kept and what is secret."""

from __future__ import annotations

import asyncio
import json
from datetime import date
from typing import TYPE_CHECKING

import pulumi
import pytest
from pulumi.runtime.rpc import is_rpc_secret

from dharma.delivery.direct import parts
from dharma.delivery.pulumi import stack_name
from dharma.delivery.transform import Transform
from dharma.delivery.verdict import Assessor
from dharma.environment import Fleet
from dharma.errors import DeclarationError
from dharma.schemas import Schemas
from dharma.target import Target

if TYPE_CHECKING:
    from tests.pulumi.conftest import Stage

NAMES = [
    f"{environment}/region-{letter}"
    for environment in ("development", "staging", "production")
    for letter in "abc"
]
TENANTS = ("data", "finops", "platform", "reliability", "security", "shop")
MOST = 60
SEALED = "Secret vault/vault-seal"
PROVIDED = ("aks", "eks", "gke")


@pytest.fixture(params=NAMES, ids=lambda name: name.replace("/", "."))
def target(request, fleet):
    (found,) = fleet.select([request.param])
    return found


@pytest.fixture
def stage(target, usual):
    return usual(target)


def _on_premises(fleet: Fleet) -> Target:
    return fleet.select(["production/region-a"])[0]


def test_a_stack_makes_what_must_precede_argo_cd_and_no_more(stage, target):
    expected = {
        "kubernetes cluster",
        "Namespace argocd",
        "Namespace vault",
        SEALED,
        "Secret argocd/repository-credentials",
        "Secret argocd/argocd-redis",
        "Secret argocd/argocd-oidc",
        "Chart argo-cd",
        "AppProject argocd/platform-system",
        *(f"AppProject argocd/{tenant}" for tenant in TENANTS),
        "Application argocd/root",
    }
    if target.cluster.provider not in PROVIDED:
        expected |= {"Namespace tigera-operator", "Release tigera-operator", "Installation default"}
    assert set(stage.keys()) == expected
    assert len(stage.made) == len(expected)


def test_a_stack_stays_small(stage):
    assert len([made for made in stage.made if made.key != "Chart argo-cd"]) <= MOST


@pytest.mark.parametrize(
    ("later", "earlier"),
    [
        ("Secret argocd/repository-credentials", "Namespace argocd"),
        ("Secret argocd/argocd-redis", "Namespace argocd"),
        ("Secret vault/vault-seal", "Namespace vault"),
        ("Chart argo-cd", "Namespace argocd"),
        ("Chart argo-cd", "Secret argocd/argocd-redis"),
        ("AppProject argocd/shop", "Chart argo-cd"),
        ("Application argocd/root", "Chart argo-cd"),
        ("Application argocd/root", "Secret argocd/repository-credentials"),
        *(("Application argocd/root", f"AppProject argocd/{tenant}") for tenant in TENANTS),
    ],
)
def test_one_thing_depends_on_another(fleet, usual, later, earlier):
    stage = usual(fleet.select(["staging/region-b"])[0])
    assert stage.one(earlier).urn in stage.one(later).after


@pytest.mark.parametrize(
    ("later", "earlier"),
    [
        ("Release tigera-operator", "Namespace tigera-operator"),
        ("Installation default", "Release tigera-operator"),
        ("Chart argo-cd", "Installation default"),
    ],
)
def test_pods_wait_for_the_network(fleet, usual, later, earlier):
    stage = usual(_on_premises(fleet))
    assert stage.one(earlier).urn in stage.one(later).after


def test_every_object_goes_through_the_declared_context(stage, target):
    provider = stage.one("kubernetes cluster")
    assert provider.inputs["context"] == target.cluster.kube_context
    assert provider.inputs["clusterIdentifier"] == target.cluster.id
    assert provider.inputs["enableServerSideApply"] in (True, "true")
    others = [made for made in stage.made if made is not provider]
    assert {made.provider.rpartition("::")[0] for made in others} == {provider.urn}


def test_what_hurts_when_lost_is_protected_and_what_holds_data_is_retained(stage):
    kept = {made.key for made in stage.made if made.protect}
    retained = {made.key for made in stage.made if made.retain}
    assert {"Namespace argocd", "Namespace vault", SEALED, "Application argocd/root"} <= kept
    assert {"Namespace argocd", "Namespace vault", SEALED} <= retained
    assert retained < kept
    assert {made.key for made in stage.of_type(":Installation")} <= kept


def test_a_stack_may_be_told_to_protect_nothing(fleet, staged):
    stage = staged(_on_premises(fleet), config={"dharma:protect": "false"})
    assert not [made.key for made in stage.made if made.protect or made.retain]


def test_values_of_secrets_are_secrets_and_stand_nowhere_else(stage):
    for made in stage.of_type(":Secret"):
        assert is_rpc_secret(made.inputs["stringData"]), made.key
    others = [made.inputs for made in stage.made if not made.type.endswith(":Secret")]
    told = json.dumps([others, stage.outputs], default=str)
    assert not [
        text for text in ("redis-text", "repository-text", "seal-text", "sign-in-text") if text in told
    ]


def test_outputs_say_what_comes_next(stage, target):
    assert stage.outputs["argocdUrl"] == f"https://argocd.{target.domain}"
    assert stage.outputs["branch"] == f"deploy/{stack_name(target)}"
    assert stage.outputs["kubeContext"] == target.cluster.kube_context
    assert all(target.cluster.kube_context in one or target.name in one for one in stage.outputs["next"])


def test_argo_cd_is_the_declared_chart_without_monitors_of_a_kind_not_there_yet(stage, rendered, target):
    chart = stage.one("Chart argo-cd").inputs
    declared = next(
        one.body["spec"]["source"]
        for one in rendered(target).manifests
        if one.kind == "Application" and one.name == "chart-argo-cd"
    )
    assert (chart["chart"], chart["version"]) == (declared["chart"], declared["targetRevision"])
    values, wanted = chart["values"], declared["helm"]["valuesObject"]
    assert values["configs"] == wanted["configs"]
    assert wanted["server"]["metrics"]["serviceMonitor"]["enabled"] is True
    assert values["server"]["metrics"]["serviceMonitor"] == {"enabled": False}


def test_the_network_fits_its_schema_and_the_declared_addresses(fleet, usual, catalogue):
    target = _on_premises(fleet)
    made = usual(target).one("Installation default").inputs
    assert Schemas(target.cluster.kubernetes, (catalogue,)).check(made) == ()
    assert made["spec"]["calicoNetwork"]["ipPools"][0]["cidr"] == target.cluster.network.pods


def test_a_private_mirror_serves_every_chart(fleet, staged, rendered):
    target = _on_premises(fleet)
    mirrored = target.model_copy(update={"registry": "mirror.example/platform"})
    stage = staged(mirrored, declared=rendered(target))
    charts = {made.inputs["chart"] for made in stage.made if "chart" in made.inputs}
    assert charts == {
        "oci://mirror.example/platform/charts/argo-cd",
        "oci://mirror.example/platform/charts/tigera-operator",
    }
    assert stage.one("Installation default").inputs["spec"]["registry"] == "mirror.example/platform/"


def test_rules_let_every_resource_of_a_stack_pass(stage, target, repository):
    transform = Transform(Assessor(repository, target, date(2026, 12, 1)))
    for made in stage.made:
        args = pulumi.ResourceTransformArgs(
            made.type != "kubernetes:helm.sh/v4:Chart", made.type, made.name, made.inputs, None
        )
        asyncio.run(transform(args))
    assert [type(one) for one in stage.transforms] == [Transform]


@pytest.mark.parametrize(
    ("config", "secrets", "said"),
    [
        pytest.param({"dharma:kubeContext": "prod-b"}, None, "prod-b", id="another context"),
        pytest.param({"dharma:cluster": "prod-z"}, None, "prod-z", id="another cluster"),
        pytest.param({"dharma:protekt": "true"}, None, "Did you mean 'protect'", id="unknown key"),
        pytest.param({"dharma:protect": "perhaps"}, None, "dharma:protect: ", id="another type"),
        pytest.param({"dharma:redisPassword": "x"}, {}, "is a secret in plain text", id="plain secret"),
        pytest.param({}, {}, "dharma:repositoryPassword is missing", id="missing secret"),
    ],
)
def test_configuration_that_contradicts_the_declarations_is_refused(fleet, staged, config, secrets, said):
    with pytest.raises(DeclarationError) as caught:
        staged(_on_premises(fleet), config=config, secrets=secrets)
    assert said in str(caught.value)
    assert "stacks/config/Pulumi.production.region-a.yaml" in str(caught.value)


def test_every_mistake_is_told_at_once(fleet, staged):
    with pytest.raises(DeclarationError) as caught:
        staged(_on_premises(fleet), config={"dharma:cluster": "x", "dharma:other": "y"}, secrets={})
    assert len(caught.value.problems) >= 4


def test_without_their_secrets_sign_in_and_vault_are_left_out(fleet, staged):
    few = {"dharma:redisPassword": "r", "dharma:repositoryPassword": "p"}
    keys = staged(_on_premises(fleet), secrets=few).keys()
    assert not {"Secret argocd/argocd-oidc", "Namespace vault", SEALED} & set(keys)


def test_direct_delivery_applies_the_components_in_order_and_no_application(fleet, staged, rendered):
    target = fleet.select(["staging/region-b"])[0]
    direct = target.model_copy(update={"delivery": "direct"})
    found = rendered(target)
    stage = staged(direct, secrets={}, declared=type(found)(direct, found.manifests, found.deliveries))
    groups = {made.name: made for made in stage.made if made.type == "dharma:delivery:Component"}
    assert set(groups) == {"tenancy", "prometheus-operator", "rollouts", "mesh", "services"}
    assert not stage.of_type(":Application")
    assert not stage.of_type(":AppProject")
    own = [one for one in found.manifests if one.component in groups]
    children = [made for made in stage.made if made.parent in {group.urn for group in groups.values()}]
    charts = [made for made in children if made.type.endswith(":Chart")]
    assert len(children) - len(charts) == len(own)
    assert len(charts) == sum(len(part.releases) for part in parts(found))


def test_in_direct_delivery_nothing_comes_before_what_it_needs(fleet, staged, rendered):
    target = fleet.select(["staging/region-b"])[0]
    direct = target.model_copy(update={"delivery": "direct"})
    found = rendered(target)
    stage = staged(direct, secrets={}, declared=type(found)(direct, found.manifests, found.deliveries))
    position = {made.urn: number for number, made in enumerate(stage.made)}
    assert all(position[urn] < position[made.urn] for made in stage.made for urn in made.after)
    reachable = _closure(stage)
    services = [made for made in stage.made if made.name.startswith("shop/")]
    definitions = [made.urn for made in stage.made if made.key == "Namespace shop"]
    outside = [made.key for made in services if made.parent.endswith("::services")]
    assert outside
    assert all(
        definitions[0] in reachable[made.urn] for made in services if made.parent.endswith("::services")
    )


def _closure(stage: Stage) -> dict[str, set[str]]:
    """Everything that comes before each resource; a group stands for its children."""
    children: dict[str, set[str]] = {}
    for made in stage.made:
        children.setdefault(made.parent, set()).add(made.urn)
    before: dict[str, set[str]] = {}
    for made in stage.made:
        direct = set(made.after) | {child for urn in made.after for child in children.get(urn, ())}
        before[made.urn] = direct.union(*(before.get(urn, set()) for urn in direct))
    return before
