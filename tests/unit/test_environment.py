from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dharma import environment
from dharma.errors import DeclarationError, Origin
from dharma.explanation import explain
from dharma.layer import Node, Step, compose
from dharma.platform import platform
from dharma.values import amount

ROOT = Path(__file__).parents[2]
REGION_B = """\
  region-b:
    role: secondary
    location: Dublin
    residency: eu
    cluster:
      id: prod-b
      provider: gke
      kubernetes: "1.34"
      ring: 2
      kubeContext: prod-b
      network:
        pods: 10.16.0.0/16
        services: 10.17.0.0/16
        nodes: 10.18.0.0/20
        apiServer: 10.18.0.1/32
      zones: [b1, b2, b3]
"""
TWO_CLUSTERS = """\
regions:
  region-a:
    clusters:
      blue: &cluster
        id: prod-a-blue
        provider: eks
        kubernetes: "1.34"
        ring: 3
        kubeContext: prod-a-blue
        network: {pods: 10.0.0.0/16, services: 10.1.0.0/16, nodes: 10.2.0.0/20, apiServer: 10.2.0.1/32}
        zones: [a1]
      green:
        id: prod-a-green
        provider: eks
        kubernetes: "1.35"
        ring: 2
        kubeContext: prod-a-green
        network: {pods: 10.3.0.0/16, services: 10.4.0.0/16, nodes: 10.5.0.0/20, apiServer: 10.5.0.1/32}
        zones: [a1]
        moved: [production/region-a]
"""
REPLICAS = ("services", "checkout", "replicas", "min")


def test_the_shipped_platform_has_nine_targets_in_the_order_of_their_rings():
    fleet = environment.load(ROOT)
    assert [target.name for target in fleet.targets] == [
        "development/region-a",
        "development/region-b",
        "development/region-c",
        "staging/region-a",
        "staging/region-b",
        "staging/region-c",
        "production/region-b",
        "production/region-c",
        "production/region-a",
    ]
    assert {target.cluster.provider for target in fleet.targets} == {"onprem", "eks", "gke", "aks"}
    assert all(len(target.services) >= 19 for target in fleet.targets)


def test_shipped_tenants_have_quotas_for_all_their_replicas():
    for target in environment.load(ROOT).targets:
        for name, tenant in target.tenants.items():
            mine = [service for service in target.services.values() if service.tenant == name]
            peak = [(service, 1 + max(service.replicas.max, service.replicas.min)) for service in mine]
            cpu = sum(count * amount(service.resources.cpu) for service, count in peak)
            memory = sum(count * amount(service.resources.memory) for service, count in peak)
            assert cpu <= amount(tenant.quota.cpu), (target.name, name, cpu)
            assert memory <= amount(tenant.quota.memory), (target.name, name, memory / 2**30)
            assert sum(count for _, count in peak) <= tenant.quota.pods


def test_production_is_highly_available_and_development_is_small():
    for target in environment.load(ROOT).targets:
        least = min(service.replicas.min for service in target.services.values())
        assert least == {"development": 1, "staging": 1, "production": 3}[target.environment]


# Layers


def test_a_service_is_laid_over_the_defaults_in_the_order_of_the_layers(small):
    layers = [
        ("base.yaml", 2),
        ("production.yaml", 3),
        ("production.yaml", 4),
        ("production.yaml", 5),
        ("services/checkout.yaml", 6),
        ("services/checkout.yaml", 7),
        ("services/checkout.yaml", 8),
    ]
    small.append("production.yaml", "      serviceDefaults: {replicas: {min: 5}}\n")
    small.append("production.yaml", "    serviceDefaults: {replicas: {min: 4}}\n")
    small.append("production.yaml", "serviceDefaults: {replicas: {min: 3, max: 9}}\n")
    small.append("services/checkout.yaml", "replicas: {min: 6}\nenvironments:\n  production:\n")
    small.append(
        "services/checkout.yaml", "    replicas: {min: 7}\n    regions: {region-a: {replicas: {min: 8}}}\n"
    )
    target = small.target("production/region-a")
    assert target.services["checkout"].replicas.min == 8
    assert _chain(target, REPLICAS) == [(f"environments/{file}", value) for file, value in layers]


def test_settings_are_laid_base_environment_region_cluster(small):
    small.append(
        "production.yaml", "      domain: four.example\n    domain: three.example\ndomain: two.example\n"
    )
    target = small.target("production/region-a")
    assert target.domain == "four.example"
    values = [value for _, value in _chain(target, ("domain",))]
    assert values == ["platform.example", "two.example", "three.example", "four.example"]


def test_overrides_of_other_environments_and_regions_do_not_count(small):
    small.append("production.yaml", REGION_B)
    small.append(
        "services/checkout.yaml",
        "environments:\n  production:\n    regions: {region-b: {replicas: {max: 9}}}\n",
    )
    assert small.target("production/region-a").services["checkout"].replicas.max == 4
    assert small.target("production/region-b").services["checkout"].replicas.max == 9


def test_a_tenant_is_laid_over_by_its_environment(small):
    small.append("tenants.yaml", "    environments: {production: {budget: {monthly: 7}}}\n")
    tenant = small.target("production/region-a").tenants["shop"]
    assert (tenant.budget.monthly, tenant.quota.pods) == (7, 100)


def test_an_empty_override_changes_nothing(small):
    before = small.target("production/region-a")
    small.append("services/checkout.yaml", "environments:\n  production:\n")
    assert small.target("production/region-a").services == before.services


def test_null_removes_what_lower_layers_say(small):
    small.append(
        "services/checkout.yaml",
        "variables: {A: x, B: z}\nenvironments: {production: {variables: {A: null}}}\n",
    )
    assert small.target("production/region-a").services["checkout"].variables == {"B": "z"}


def test_one_port_can_be_changed_without_repeating_the_others(small):
    small.append("services/checkout.yaml", "environments: {production: {ports: {http: {port: 8081}}}}\n")
    assert small.target("production/region-a").services["checkout"].ports["http"].port == 8081


def test_a_region_that_an_environment_does_not_use_is_removed_with_null(small):
    small.swap(
        "base.yaml",
        "regions:\n",
        "regions:\n  region-z: {role: secondary, location: Oslo, residency: no-eu}\n",
    )
    assert "has no" in small.problems()[0] or "is missing" in small.problems()[0]
    small.swap("production.yaml", "regions:\n", "regions:\n  region-z: null\n")
    assert [target.name for target in small.load().targets] == ["production/region-a"]


def test_a_service_runs_only_where_it_is_placed(small):
    small.append("production.yaml", REGION_B)
    small.append("services/checkout.yaml", "placement: {regions: [region-b]}\n")
    assert not small.target("production/region-a").services
    assert "checkout" in small.target("production/region-b").services


# Clusters


def test_adding_a_cluster_takes_at_most_25_lines(small):
    assert len(REGION_B.splitlines()) <= 25
    small.append("production.yaml", REGION_B)
    assert [target.name for target in small.load().targets] == ["production/region-b", "production/region-a"]


def test_a_region_may_list_several_clusters(small):
    small.write("production.yaml", TWO_CLUSTERS)
    fleet = small.load()
    assert [target.name for target in fleet.targets] == [
        "production/region-a/green",
        "production/region-a/blue",
    ]
    assert [target.branch for target in fleet.targets] == [
        "deploy/production.region-a.green",
        "deploy/production.region-a.blue",
    ]
    assert fleet.select(["production/region-a"]) == fleet.targets


def test_a_renamed_cluster_says_its_former_name(small):
    small.write("production.yaml", TWO_CLUSTERS)
    assert small.target("production/region-a/green").cluster.moved == ("production/region-a",)


def test_a_target_keeps_its_id_when_its_region_is_renamed(small):
    before = small.target("production/region-a").cluster.id
    small.swap("base.yaml", "region-a:", "north:").swap("production.yaml", "region-a:", "north:")
    small.append("production.yaml", "      moved: [production/region-a]\n")
    target = small.target("production/north")
    assert (target.cluster.id, target.cluster.moved) == (before, ("production/region-a",))


# Selection


def test_targets_are_selected_by_any_part_of_their_name():
    fleet = environment.load(ROOT)
    assert len(fleet.select(["staging"])) == 3
    assert [target.name for target in fleet.select(["production/region-b"])] == ["production/region-b"]
    assert fleet.select([]) == fleet.targets
    with pytest.raises(DeclarationError, match="Did you mean 'staging'"):
        fleet.select(["stagign"])


# Mistakes

MISTAKES = {
    "unknown key": (
        ("services/checkout.yaml", "resources:", "resorces:"),
        [
            (
                "environments/services/checkout.yaml:5:1: resorces is not known here\n"
                "    Did you mean 'resources'?"
            ),
        ],
    ),
    "unknown key far below": (
        ("production.yaml", "apiServer:", "apiserver:"),
        [
            (
                "environments/production.yaml:10:79: "
                "regions.region-a.cluster.network.apiserver is not known here\n"
                "    Did you mean 'apiServer'?"
            ),
        ],
    ),
    "unquoted version": (
        ("production.yaml", '"1.34"', "1.34"),
        [
            (
                "environments/production.yaml:7:19: regions.region-a.cluster.kubernetes must be text\n"
                "    Put it in quotes."
            ),
        ],
    ),
    "unknown provider": (
        ("production.yaml", "eks", "esk"),
        [
            (
                "environments/production.yaml:6:17: regions.region-a.cluster.provider must be "
                "'onprem', 'eks', 'gke' or 'aks'\n    Did you mean 'eks'?"
            ),
        ],
    ),
    "bad quantity": (
        ("services/checkout.yaml", "128Mi", "128 MB"),
        [
            (
                "environments/services/checkout.yaml:5:32: resources.memory must be "
                'a Kubernetes quantity such as 250m, "2" or 512Mi'
            ),
        ],
    ),
    "bad name of a region": (
        ("production.yaml", "region-a:", "Region_A:"),
        [
            (
                "environments/production.yaml:3:3: the name regions.Region_A must be "
                "a DNS label: lower-case letters, digits and '-', at most 63 characters"
            ),
        ],
    ),
    "list for a map": (
        ("services/checkout.yaml", "{http: {port: 8080}}", "[8080]"),
        ["environments/services/checkout.yaml:4:8: ports must be a map"],
    ),
    "text for a number": (
        ("services/checkout.yaml", "8080", "'8080'"),
        ["environments/services/checkout.yaml:4:22: ports.http.port must be a whole number"],
    ),
    "number out of range": (
        ("services/checkout.yaml", "8080", "80800"),
        [
            (
                "environments/services/checkout.yaml:4:22: ports.http.port: "
                "input should be less than or equal to 65535"
            ),
        ],
    ),
    "unknown component": (
        ("base.yaml", "components: {}", "components: {tenacy: {}}"),
        ["environments/base.yaml:5:14: components.tenacy is not known here\n    Did you mean 'tenancy'?"],
    ),
    "missing field": (
        ("services/checkout.yaml", "data: {classification: internal}\n", ""),
        ["environments/services/checkout.yaml:1:1: services.checkout.data is missing"],
    ),
    "missing setting": (
        ("base.yaml", "domain: platform.example\n", ""),
        ["environments/production.yaml:1:1: domain is missing"],
    ),
    "unknown tenant": (
        ("services/checkout.yaml", "tenant: shop", "tenant: shopp"),
        ["environments/services/checkout.yaml:1:9: tenant 'shopp' is not declared\n    Did you mean 'shop'?"],
    ),
    "incoherent replicas": (
        ("services/checkout.yaml", "slo:", "replicas: {min: 5}\nslo:"),
        ["environments/services/checkout.yaml:1:1: services.checkout: replicas.max is below replicas.min"],
    ),
    "override for an unknown environment": (
        ("services/checkout.yaml", "slo:", "environments: {prodution: {arguments: []}}\nslo:"),
        [
            (
                "environments/services/checkout.yaml:7:16: environment 'prodution' is not declared\n"
                "    Did you mean 'production'?"
            ),
        ],
    ),
    "override for an unknown region": (
        ("services/checkout.yaml", "slo:", "environments: {production: {regions: {region-b: {}}}}\nslo:"),
        [
            (
                "environments/services/checkout.yaml:7:39: region 'region-b' is not declared\n"
                "    Did you mean 'region-a'?"
            ),
        ],
    ),
    "placement in an unknown region": (
        ("services/checkout.yaml", "slo:", "placement: {regions: [regoin-a]}\nslo:"),
        [
            (
                "environments/services/checkout.yaml:1:1: service 'checkout' runs in no target\n"
                "    Widen its placement, or delete it."
            ),
            (
                "environments/services/checkout.yaml:7:23: region 'regoin-a' is not declared\n"
                "    Did you mean 'region-a'?"
            ),
        ],
    ),
    "null that removes nothing": (
        ("base.yaml", "components: {}", "components: {tenancy: }"),
        [
            (
                "environments/base.yaml:5:14: components.tenancy is null, "
                "which removes what lower layers say, and they say nothing\n"
                "    Write {} for a part without settings, or delete the key."
            ),
        ],
    ),
    "a scalar over a map": (
        ("production.yaml", "description:", "gitops: null\ndescription:"),
        ["environments/production.yaml:1:9: gitops is missing"],
    ),
    "duplicate key": (
        ("services/checkout.yaml", "slo:", "tenant: shop\nslo:"),
        ["environments/services/checkout.yaml:7:1: key 'tenant' stands twice, first on line 1"],
    ),
}


@pytest.mark.parametrize(("edit", "expected"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_told_with_its_place_and_how_to_mend_it(small, edit, expected):
    small.swap(*edit)
    assert small.problems() == expected


def test_a_map_and_a_list_that_meet_name_both_places(small):
    small.append("base.yaml", "  calls: []\n")
    declared = environment.declarations(small.root)
    calls = Node({}, (Step(Origin("environments/services/checkout.yaml", 8, 1), {}),))
    files = {"checkout": compose(declared.services["checkout"], Node({"calls": calls}))}
    with pytest.raises(DeclarationError) as caught:
        environment.resolve(replace(declared, services=files), platform(small.root))
    assert [str(problem) for problem in caught.value.problems] == [
        (
            "environments/services/checkout.yaml:8:1: services.checkout.calls is a map here "
            "and a list in environments/base.yaml:10:10\n"
            "    Clear it with `null` in a layer between, or use one kind."
        ),
    ]


def test_all_mistakes_of_all_files_are_told_at_once(small):
    small.swap("base.yaml", "organisation:", "organization:")
    small.swap("production.yaml", "eks", "esk")
    small.swap("tenants.yaml", "budget:", "bugdet:")
    small.swap("services/checkout.yaml", "8080", "0")
    assert [line.split(":")[0] for line in small.problems()] == [
        "environments/base.yaml",
        "environments/production.yaml",
        "environments/services/checkout.yaml",
        "environments/tenants.yaml",
    ]


def test_a_mistake_in_a_shared_layer_is_told_once(small):
    small.append("production.yaml", REGION_B)
    small.swap("services/checkout.yaml", "tenant: shop", "tenant: nobody")
    assert len(small.problems()) == 1


NAMES = ["UPPER", "a_b", "-a", ".", "..", "a b", "a" * 64, "a\x1b[31m"]


@pytest.mark.parametrize("name", NAMES, ids=repr)
def test_a_file_name_that_is_no_dns_label_is_refused(small, name):
    small.write(f"services/{name}.yaml", small.text("services/checkout.yaml"))
    (problem,) = small.problems()
    assert "is named by no DNS label" in problem
    assert "\x1b" not in problem


def test_a_file_that_would_be_passed_over_is_refused(small):
    small.write("services/orders.yml", "tenant: shop\n")
    assert small.problems() == ["environments/services/orders.yml: is not read\n    Name it 'orders'.yaml."]


@pytest.mark.parametrize("name", ["base.yaml", "production.yaml", "tenants.yaml", "services/checkout.yaml"])
def test_a_linked_file_is_refused(small, name):
    path = small.root / "environments" / name
    path.rename(small.root / "elsewhere")
    path.symlink_to(small.root / "elsewhere")
    assert any(f"environments/{name}: is a symbolic link" in problem for problem in small.problems())


def test_a_folder_of_services_that_is_a_link_is_refused(small):
    (small.root / "environments" / "services").rename(small.root / "services")
    (small.root / "environments" / "services").symlink_to(small.root / "services")
    assert "environments/services: is a symbolic link" in small.problems()[0]


@pytest.mark.parametrize("name", ["base.yaml", "tenants.yaml"])
def test_a_missing_file_is_named(small, name):
    (small.root / "environments" / name).unlink()
    assert f"environments/{name}: " in small.problems()[0]


def test_no_environment_is_an_error(small):
    (small.root / "environments" / "production.yaml").unlink()
    assert any("declares no environment" in problem for problem in small.problems())


def _chain(target, path) -> list:
    return [(origin.file, value) for origin, value in explain(target, ".".join(path)).steps]
