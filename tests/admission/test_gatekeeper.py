"""What is compiled for Gatekeeper: admitted rules, templates, constraints, definitions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dharma import environment, gate
from dharma.admission.constraint import constraint
from dharma.admission.definition import definition, known, schema, schema_file
from dharma.admission.gatekeeper import expansions, objects
from dharma.admission.gator import find_gator
from dharma.admission.reach import Reach, kinds, reaches, resource_rules
from dharma.admission.template import admitted, kind_of, modules, pull_request_only, reads_target, template
from dharma.admission.tree import files, write
from dharma.cli import main
from dharma.policy.enforcement import Enforcement
from dharma.policy.fleet import facts
from dharma.policy.rule import Rule, RuleSet, load_rules, parse
from dharma.schemas.catalogue import Catalogue, read
from dharma.schemas.validator import Validator

RULES = load_rules(gate.SHIPPED_RULES)
RULE = {rule.id: rule for rule in RULES.rules}
FACTS = {"name": "production/region-a", "environment": "production", "tenants": {}}
HEAD = """# METADATA
# title: Own
# description: An own rule.
# custom:
#   id: own/rule
#   severity: deny
#   kinds: [{kinds}]
#   remediation: {{text: Mend it., good: good, bad: bad}}
#   controls: {{}}
package dharma.own.rule

deny contains {{"message": "no"}} if {condition}
"""


def own(condition: str, kinds: str = "Pod") -> tuple[Rule, RuleSet]:
    """A rule of a platform's own beside the shipped ones."""
    rule = parse("policies/rego/own/rule.rego", HEAD.format(condition=condition, kinds=kinds))
    return rule, RuleSet((*RULES.rules, rule), RULES.libraries)


def test_every_rule_is_admitted_or_says_why_not() -> None:
    outside = pull_request_only(RULES)
    assert {rule.id for rule in admitted(RULES)} | set(outside) == set(RULE)
    assert not {rule.id for rule in admitted(RULES)} & set(outside)
    assert all(reason for reason in outside.values())


def test_the_rules_that_stay_in_the_pull_request_are_known() -> None:
    outside = pull_request_only(RULES)
    assert {name for name, why in outside.items() if why == "reads input.component"} == {
        "observability/metrics-annotation",
        "tenancy/labels",
        "tenancy/placement",
    }
    rest = {name for name, why in outside.items() if why == "sees the whole fleet"}
    assert rest == {rule.id for rule in RULES.fleet}


WHY = {
    "input.component.name": "reads input.component",
    "count(input) == 2": "reads its input as a whole",
    "data.inventory.cluster": "reads data.inventory.cluster",
    "data.dharma.lib.fleet.named": "reads data.fleet.targets",
}


@pytest.mark.parametrize(("condition", "reason"), WHY.items(), ids=WHY.values())
def test_a_rule_that_asks_for_more_stays_in_the_pull_request(condition: str, reason: str) -> None:
    _, rules = own(condition)
    assert pull_request_only(rules)["own/rule"] == reason


def test_a_kind_is_named_after_its_rule() -> None:
    assert kind_of(RULE["images/digest"]) == "DharmaImagesDigest"
    assert kind_of(RULE["workloads/add-capabilities"]) == "DharmaWorkloadsAddCapabilities"
    assert len({kind_of(rule) for rule in RULES.rules}) == len(RULES.rules)
    assert all(len(kind_of(rule)) <= 63 for rule in RULES.rules)


def test_a_template_carries_the_rule_and_the_libraries_that_it_needs() -> None:
    main_module, libraries = modules(RULE["images/digest"], RULES)
    packages = [text.split("\n", 1)[0] for text in libraries]
    assert packages == [
        "package lib.dharma.lib.objects",
        "package lib.dharma.lib.waivers",
        "package lib.dharma.lib.images",
        "package lib.dharma.lib.pods",
        "package lib.dharma.images.digest",
    ]
    assert "input.parameters.target" not in main_module
    assert "METADATA" not in "".join(libraries)


def test_a_rule_is_given_the_targets_facts_only_if_it_asks() -> None:
    assert reads_target(RULE["images/registry"], RULES)
    assert not reads_target(RULE["images/digest"], RULES)
    assert "input.parameters.target" in modules(RULE["images/registry"], RULES)[0]


LEVELS = {"deny": "deny", "warn": "warn", "audit": "dryrun"}


@pytest.mark.parametrize(("level", "action"), LEVELS.items(), ids=LEVELS)
def test_a_level_is_an_action(level: Any, action: str) -> None:
    made = constraint(RULE["images/digest"], FACTS, level, ())
    assert made["spec"]["enforcementAction"] == action


def test_a_level_of_a_region_reaches_its_constraints() -> None:
    setting = {"images": {"environments": {"production": {"level": "audit"}}}}
    levels = Enforcement.model_validate({"enforcement": setting})
    found = {body["kind"]: body for body in objects(RULES, FACTS, levels, ())}
    assert found["DharmaImagesDigest"]["spec"]["enforcementAction"] == "dryrun"
    assert found["DharmaWorkloadsPrivileged"]["spec"]["enforcementAction"] == "deny"


def test_a_constraint_may_come_before_its_kind_is_known() -> None:
    notes = constraint(RULE["images/digest"], FACTS, "deny", ())["metadata"]["annotations"]
    assert notes["argocd.argoproj.io/sync-options"] == "SkipDryRunOnMissingResource=true"
    assert notes["dharma.dev/controls"] == "nsa building-secure-container-images; soc2 CC6.8, CC8.1"


REACH = {
    "a kind of any group": ("Pod", [Reach("*", "Pod")]),
    "a kind of a group": ("argoproj.io/Rollout", [Reach("argoproj.io", "Rollout")]),
    "a kind of the core": ("/Service", [Reach("", "Service")]),
    "everything": ('Pod, "*"', [Reach("*", "*")]),
}


@pytest.mark.parametrize(("names", "found"), REACH.values(), ids=REACH)
def test_kinds_mean_groups_and_kinds(names: str, found: list[Reach]) -> None:
    assert list(reaches(own("true", names)[0])) == found


def test_kinds_become_one_entry_a_group() -> None:
    several = reaches(own("true", "Pod, Service, networking.istio.io/Gateway")[0])
    assert kinds(several) == [
        {"apiGroups": ["*"], "kinds": ["Pod", "Service"]},
        {"apiGroups": ["networking.istio.io"], "kinds": ["Gateway"]},
    ]
    assert resource_rules(several, ["CREATE"])[0]["resources"] == [
        "pods",
        "pods/ephemeralcontainers",
        "services",
    ]
    assert resource_rules(several, ["CREATE"])[1]["resources"] == ["gateways"]


def test_resources_are_named_as_their_definitions_name_them(catalogue: Path) -> None:
    groups = {one for rule in RULES.objects for one in reaches(rule) if "." in one.group}
    plurals = {}
    for file in catalogue.glob("*/*.json"):
        upstream = read(file)
        for kind in upstream.get("x-kubernetes-group-version-kind", ()):
            plurals[kind["group"], kind["kind"]] = upstream.get("x-upstream", {}).get("plural")
    seen = {one: plurals[one.group, one.kind] for one in groups if plurals.get((one.group, one.kind))}
    assert len(seen) > 15
    assert {one: one.resources[0] for one in seen} == seen


def test_pods_are_judged_with_what_makes_them_once() -> None:
    (made,) = expansions(admitted(RULES))
    assert made["spec"]["applyTo"] == [
        {"groups": [""], "versions": ["v1"], "kinds": ["ReplicationController"]}
    ]
    named = constraint(RULE["images/digest"], FACTS, "deny", ())
    assert named["spec"]["match"]["source"] == "All"
    everything = constraint(RULE["tenancy/default-namespace"], FACTS, "deny", ())
    assert everything["spec"]["match"]["source"] == "Original"


def test_without_rules_about_pods_nothing_is_expanded() -> None:
    assert expansions([RULE["network/peers-chosen"]]) == []


def test_what_is_written_fits_the_schemas_of_gatekeeper(catalogue: Path) -> None:
    held = Catalogue([catalogue])
    for body in objects(RULES, FACTS, Enforcement(), ()):
        if body["apiVersion"].startswith("constraints."):
            continue
        path = held.find(body["apiVersion"], body["kind"])
        assert path is not None
        assert Validator(read(path), {}).problems(body) == ()


def test_a_constraint_of_a_shipped_target_fits_its_own_schema(repository: Path) -> None:
    fleet = environment.load(repository)
    for target in fleet.targets:
        for rule in admitted(RULES):
            body = constraint(rule, facts(target), "deny", ())
            assert Validator(schema(rule), {}).problems(body) == ()


WRONG = {
    "a fact that is none": {"target": {"regoin": "a"}},
    "a fact of another type": {"target": {"ring": "three"}},
    "a waiver without an end": {"waivers": [{"ticket": "OPS-1", "subjects": []}]},
    "a day in another form": {"waivers": [{"ticket": "A", "subjects": [], "expires": "31.12.2026"}]},
    "another parameter": {"exempt": True},
}


@pytest.mark.parametrize("parameters", WRONG.values(), ids=WRONG)
def test_a_schema_refuses_parameters_that_no_rule_reads(parameters: dict[str, Any]) -> None:
    body = constraint(RULE["images/digest"], FACTS, "deny", ())
    body["spec"]["parameters"] = parameters
    assert Validator(schema(RULE["images/digest"]), {}).problems(body)


def test_a_definition_is_what_gatekeeper_makes_of_the_template() -> None:
    rule = RULE["images/digest"]
    made = definition(rule)
    assert made["metadata"]["name"] == "dharmaimagesdigest.constraints.gatekeeper.sh"
    names = [version["name"] for version in made["spec"]["versions"]]
    assert names == ["v1beta1", "v1alpha1"]
    spec = made["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    validation = template(rule, RULES)["spec"]["crd"]["spec"]["validation"]
    assert spec["properties"]["parameters"] == validation["openAPIV3Schema"]


def test_schemas_are_known_for_constraints_of_rules_alone() -> None:
    assert known("constraints.gatekeeper.sh/v1beta1", "DharmaImagesDigest") == schema(RULE["images/digest"])
    assert known("constraints.gatekeeper.sh/v1beta1", "K8sRequiredLabels") is None
    assert known("apps/v1", "DharmaImagesDigest") is None


def test_the_files_are_written_and_old_ones_go(tmp_path: Path) -> None:
    found = files(RULES, [FACTS], Enforcement(), ())
    stale = tmp_path / "templates" / "dharmagone.yaml"
    stale.parent.mkdir()
    stale.write_text("gone")
    kept = tmp_path / "README.md"
    kept.write_text("kept")
    write(tmp_path, found)
    written = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert written == {*found, "README.md"}
    file = schema_file(RULE["images/digest"])
    assert json.loads(found[f"schemas/{file}"]) == schema(RULE["images/digest"])


def test_the_command_counts_what_stays_in_the_pull_request(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["-C", str(repository), "rules", "compile", "--for", "gatekeeper", "production/region-a"]
    with pytest.raises(SystemExit) as ended:
        main([*words, "--output", str(tmp_path / "out")])
    assert ended.value.code in {0, None}
    said = capsys.readouterr().out
    assert f"{len(admitted(RULES))} of {len(RULES.rules)} rules are admitted" in said
    assert f"{len(RULES.fleet)} rules: sees the whole fleet" in said
    assert (tmp_path / "out" / "constraints" / "production" / "region-a" / "images-digest.yaml").is_file()


def test_where_gator_is_missing_the_comparison_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    from dharma.cli.rules_parity import elsewhere

    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert find_gator() is None
    assert elsewhere(None, ()) == 3
    assert "NOT compared" in capsys.readouterr().err
