"""Three rules and the reports that speak of them."""

from dharma.policy.rule import Rule, parse

TEXT = """\
# METADATA
# title: {title}
# description: {description}
# custom:
#   id: {id}
#   severity: deny
#   kinds: [Deployment, apps/StatefulSet]
#   absent: {absent}
#   remediation: {{text: Mend it., good: "a: 1", bad: "a: 2"}}
#   controls: {{{controls}}}
package dharma.{package}

deny contains finding if finding := input.never
"""


def rule(name: str, controls: str = "", absent: bool = False) -> Rule:
    package = name.replace("/", ".").replace("-", "_")
    text = TEXT.format(
        id=name,
        title=f"What {name} asks",
        description="Because it must be so.",
        absent=str(absent).lower(),
        controls=controls,
        package=package,
    )
    return parse(f"policies/rego/{name.replace('-', '_')}.rego", text)


RULES = (
    rule("images/digest", 'soc2: ["CC8.1", "CC6.8"], nsa: [secrets]'),
    rule("secrets/no-plain", 'soc2: ["CC6.1"], gdpr: ["32(1)(a)"]', absent=True),
    rule("tenancy/quota", 'soc2: ["A1.1", "CC6.1"], cis: ["5.2.10"], pss: [baseline/sysctls]'),
    rule("versions/mesh"),
)
NAMES = [one.id for one in RULES]


def finding(name: str, level: str = "deny", **more: object) -> dict[str, object]:
    return {"rule": name, "level": level, "message": "is wrong", "waiver": "", "age": "new", **more}


def check(*findings: dict[str, object], met: int = 7, **more: object) -> dict[str, object]:
    return {
        "blocked": False,
        "day": "2027-01-20",
        "commit": "1f0c2a9",
        "engine": "embedded",
        "rules": dict.fromkeys(NAMES, met),
        "waivers": [{"rule": "images/digest", "ticket": "T-1", "expires": "2027-02-01"}],
        "findings": list(findings),
        **more,
    }


def verification(*findings: dict[str, object], objects: int = 5, states: tuple[str, ...] = ()):
    target = {
        "target": "production/region-a",
        "objects": objects,
        "deviations": [{"state": state} for state in states],
        "findings": list(findings),
    }
    return {"clean": True, "day": "2027-01-21", "targets": [target]}


def constraint(
    kind: str, violations: int | None, action: str = "deny", audited: str = "2027-01-22T03:00:00Z"
):
    status = {"auditTimestamp": audited, "totalViolations": violations} if audited else {}
    item = {
        "kind": kind,
        "metadata": {"name": "all"},
        "spec": {"enforcementAction": action},
        "status": status,
    }
    return {"kind": "List", "items": [item]}
