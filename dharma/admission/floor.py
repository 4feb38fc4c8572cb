"""Floor: rules that the API server holds by itself, as ValidatingAdmissionPolicies in CEL.

It needs no webhook, so it stands while Gatekeeper starts, is away or fails. A rule has a floor where its
metadata says one, beside the Rego; one that CEL cannot express has none. Verdicts are the rule's own;
the message is one for the rule, as CEL does not say which container it was.

- Facts of the target are literals of the policy. It is rendered for exactly one target anyway, so a
  ConfigMap as `paramKind` would only be one more object that may be missing, stale or unreadable.
- Namespaces in which the cluster's own system runs are left alone by `namespaceSelector`: a floor that
  refuses the network's or DNS's next pod could not be mended from inside.
- What Kubernetes' own controllers write follows from an object that was judged, and stays unjudged; but
  no rule names ReplicationController, so its pods are judged.
- An object that goes may lose its finalizers, whatever else is wrong with it. DELETE is not asked about.
- CEL does not know the day, so a waiver that ended is not rendered; `today` decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from dharma.admission.exemption import exemptions
from dharma.admission.reach import reaches, resource_rules
from dharma.admission.template import admitted, labels, notes
from dharma.admission.vocabulary import literal, one_line, unknown, variables
from dharma.conventions import GOVERNANCE_NAMESPACE
from dharma.errors import InputError, Origin, Problem
from dharma.policy.enforcement import Enforcement
from dharma.policy.finding import Level
from dharma.policy.rule import Floor, Rule, RuleSet
from dharma.policy.waiver import Waiver

API_VERSION = "admissionregistration.k8s.io/v1"
ACTIONS: Mapping[Level, str] = {"deny": "Deny", "warn": "Warn", "audit": "Audit"}
EXEMPT = ("kube-node-lease", "kube-public", "kube-system", GOVERNANCE_NAMESPACE)
"""Namespaces that no floor holds."""
OPERATIONS = ("CREATE", "UPDATE")

_CONTROL_PLANE = ("system:apiserver", "system:kube-controller-manager", "system:kube-scheduler")
_MACHINES = ("system:nodes", "system:serviceaccounts:kube-system")
_MACHINE = (
    f"request.userInfo.username in {literal(_CONTROL_PLANE)}"
    f" || request.userInfo.groups.exists(group, group in {literal(_MACHINES)})"
)
_UNJUDGED_OWNER = (
    "request.kind.kind == 'Pod' && dyn(object).?metadata.?ownerReferences.orValue([])"
    ".exists(owner, owner.kind == 'ReplicationController')"
)
_LEAVES = (
    "request.operation == 'UPDATE' && has(object.metadata.deletionTimestamp)"
    " && dyn(object).all(part, part in ['metadata', 'status']"
    " || part in dyn(oldObject) && dyn(object)[part] == dyn(oldObject)[part])"
)
_SUBJECT = (
    "[request.kind.group, request.kind.kind, dyn(object).?metadata.?namespace.orValue(''),"
    " dyn(object).?metadata.?name.orValue('')].join('/')"
)
_TRAFFIC = (
    {"apiGroups": ["", "events.k8s.io"], "resources": ["events"]},
    {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"]},
    {"apiGroups": ["authentication.k8s.io", "authorization.k8s.io"], "resources": ["*"]},
)
"""Events, heartbeats and questions about rights, without which a cluster stands still."""


def floored(rules: RuleSet) -> tuple[tuple[Rule, Floor], ...]:
    """The admitted rules that have a floor; raises InputError where one uses a word that is none."""
    found = [(rule, rule.metadata.floor) for rule in admitted(rules)]
    having = tuple((rule, floor) for rule, floor in found if floor is not None)
    if problems := list(_problems(having)):
        raise InputError(problems)
    return having


def objects(
    rules: RuleSet,
    facts: Mapping[str, Any],
    enforcement: Enforcement,
    waivers: Sequence[Waiver],
    today: date,
) -> tuple[dict[str, Any], ...]:
    """The policies of the target of `facts`, each before its binding.

    Waivers that hold on `today` exempt exactly the objects that they name.
    """
    target = str(facts["name"])
    standing = [waiver for waiver in waivers if not waiver.fault(today)]
    return tuple(
        body
        for rule, floor in floored(rules)
        for body in (
            policy(rule, floor, facts, standing),
            binding(rule, enforcement.level(rule.id, rule.metadata.severity, target)),
        )
    )


def name_of(rule: Rule) -> str:
    """The name of the rule's policy and of its binding."""
    return f"dharma-{rule.id.replace('/', '-')}"


def policy(rule: Rule, floor: Floor, facts: Mapping[str, Any], standing: Sequence[Waiver]) -> dict[str, Any]:
    """The ValidatingAdmissionPolicy of a rule; `standing` are waivers of any rule that hold."""
    return {
        "apiVersion": API_VERSION,
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": name_of(rule), "labels": labels(rule), "annotations": notes(rule)},
        "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": _constraints(rule),
            "matchConditions": list(_conditions(rule, str(facts["name"]), standing)),
            **_part("variables", variables(floor, facts)),
            "validations": [{"expression": one_line(floor.expression), "message": message(rule)}],
        },
    }


def binding(rule: Rule, level: Level) -> dict[str, Any]:
    """The ValidatingAdmissionPolicyBinding that puts a rule's policy to work, as grave as `level`."""
    return {
        "apiVersion": API_VERSION,
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {
            "name": name_of(rule),
            "labels": labels(rule),
            "annotations": {"dharma.dev/rule": rule.id},
        },
        "spec": {"policyName": name_of(rule), "validationActions": [ACTIONS[level]]},
    }


def message(rule: Rule) -> str:
    """What the API server says of an object that the rule refuses."""
    return one_line(f"{rule.id}: {rule.title.rstrip('.')}. {rule.metadata.remediation.text}")


def _constraints(rule: Rule) -> dict[str, Any]:
    outside = [
        {**one, "apiVersions": ["*"], "operations": list(OPERATIONS)}
        for one in _TRAFFIC
        if "*" in rule.metadata.kinds
    ]
    unheld = {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": list(EXEMPT)}
    return {
        "matchPolicy": "Equivalent",
        "namespaceSelector": {"matchExpressions": [unheld]},
        "objectSelector": {},
        "resourceRules": [{**one, "scope": "*"} for one in resource_rules(reaches(rule), OPERATIONS)],
        **_part("excludeResourceRules", [{**one, "scope": "*"} for one in outside]),
    }


def _conditions(rule: Rule, target: str, standing: Sequence[Waiver]) -> Iterator[dict[str, str]]:
    """All must hold for an object to be judged."""
    yield {"name": "of-no-machine", "expression": f"!({_MACHINE}) || {_UNJUDGED_OWNER}"}
    yield {"name": "not-leaving", "expression": f"!({_LEAVES})"}
    for number, one in enumerate(exemptions(rule, target, standing), 1):
        taken = " || ".join(f"subject.matches({literal(text)})" for text in one.subjects)
        yield {"name": f"waiver-{number}", "expression": f"![{_SUBJECT}].exists(subject, {taken})"}


def _part(name: str, value: list[Any]) -> dict[str, Any]:
    return {name: value} if value else {}


def _problems(having: Sequence[tuple[Rule, Floor]]) -> Iterator[Problem]:
    for rule, floor in having:
        for word in unknown(floor):
            what = f"floor: variables.{word} is neither a word of floors nor named before"
            yield Problem(Origin(rule.file, 1), what)
