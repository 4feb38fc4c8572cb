"""Frameworks that rules name controls of: titles, editions, and what an identifier may look like.

Titles are our own short words for what a control asks of manifests, not the framework's text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import get_args

from dharma.errors import Origin, Problem
from dharma.policy.rule import Framework, Rule


@dataclass(frozen=True, slots=True)
class Standard:
    """One framework; `controls` are those that manifests can be evidence for, with our title of each."""

    id: Framework
    title: str
    edition: str
    pattern: str
    """What an identifier of any of its controls looks like, as a regular expression of the whole."""
    controls: Mapping[str, str]

    def knows(self, control: str) -> bool:
        """Whether an identifier can be one of this framework's controls."""
        return re.fullmatch(self.pattern, control) is not None

    def token(self, control: str) -> str:
        """The identifier as OSCAL takes it: letters, digits, dots and hyphens, a letter first."""
        return f"{self.id}-{re.sub(r'[^a-z0-9-]+', '.', control.lower()).strip('.')}"


_SOC2 = {
    "A1.1": "Capacity is planned and measured",
    "A1.2": "Systems, backups and recovery are built to stay available",
    "A1.3": "Recovery is tried out",
    "CC6.1": "Access to systems and data is restricted by design",
    "CC6.2": "Users are registered before they get access",
    "CC6.3": "Access follows roles and least privilege",
    "CC6.4": "Physical access is restricted",
    "CC6.5": "Data on retired equipment is made unreadable",
    "CC6.6": "Threats from outside the boundary are kept out",
    "CC6.7": "Data is protected while it moves",
    "CC6.8": "Unauthorised or malicious software is kept out and noticed",
    "CC7.1": "Changes of configuration and new vulnerabilities are noticed",
    "CC7.2": "Anomalies of systems are watched for",
    "CC7.3": "Security events are evaluated",
    "CC7.4": "Incidents are answered by a plan",
    "CC7.5": "Incidents are recovered from",
    "CC8.1": "Changes are authorised, tested and approved",
}
_GDPR = {
    "32(1)(a)": "Pseudonymisation and encryption",
    "32(1)(b)": "Confidentiality, integrity, availability and resilience",
    "32(1)(c)": "Restoring availability after an incident",
    "32(1)(d)": "Testing of the measures at regular times",
}
_CIS = {
    "5.1.1": "cluster-admin only where it is needed",
    "5.1.2": "Few may read Secrets",
    "5.1.3": "No wildcards in roles",
    "5.1.4": "Few may create pods",
    "5.1.5": "Default service accounts are not used",
    "5.1.6": "Service account tokens are mounted only where needed",
    "5.1.7": "The group system:masters is not used",
    "5.1.8": "Few may bind, impersonate or escalate",
    "5.1.9": "Few may create persistent volumes",
    "5.1.10": "Few may use the proxy of nodes",
    "5.1.11": "Few may approve certificate requests",
    "5.1.12": "Few may change webhook configurations",
    "5.1.13": "Few may create service account tokens",
    "5.2.1": "A policy for pods is enforced",
    "5.2.2": "No privileged containers",
    "5.2.3": "No host process namespace",
    "5.2.4": "No host IPC namespace",
    "5.2.5": "No host network namespace",
    "5.2.6": "No privilege escalation",
    "5.2.7": "No root user",
    "5.2.8": "No NET_RAW capability",
    "5.2.9": "No added capabilities",
    "5.2.10": "Capabilities are dropped",
    "5.2.11": "No Windows HostProcess containers",
    "5.2.12": "No hostPath volumes",
    "5.2.13": "No host ports",
    "5.3.1": "The network plugin enforces network policies",
    "5.3.2": "Every namespace has network policies",
    "5.4.1": "Secrets as files rather than variables",
    "5.4.2": "Secrets kept outside the cluster",
    "5.5.1": "Provenance of images is controlled",
    "5.7.1": "Namespaces divide by administration",
    "5.7.2": "Seccomp profile of the runtime",
    "5.7.3": "Security contexts are set",
    "5.7.4": "The default namespace is not used",
}
_PSS = {
    "baseline/apparmor": "AppArmor is not switched off",
    "baseline/host-namespaces": "No host namespaces",
    "baseline/host-ports": "No host ports",
    "baseline/host-probes-lifecycle-hooks": "No host in probes and lifecycle hooks",
    "baseline/hostpath-volumes": "No hostPath volumes",
    "baseline/hostprocess": "No Windows HostProcess",
    "baseline/privileged-containers": "No privileged containers",
    "baseline/proc-mount-type": "Default /proc masks",
    "baseline/selinux": "SELinux types and users are limited",
    "baseline/sysctls": "Safe sysctls only",
    "restricted/capabilities": "All capabilities dropped, few added",
    "restricted/privilege-escalation": "No privilege escalation",
    "restricted/running-as-non-root": "Containers run as non-root",
    "restricted/running-as-non-root-user": "No user 0",
    "restricted/seccomp": "A seccomp profile is set",
    "restricted/volume-types": "Known volume types only",
}

_NSA = {
    "authentication-and-authorization": "Roles are narrow and nobody is anonymous",
    "building-secure-container-images": "Images are trusted, scanned and pinned",
    "hardening-container-environments": "Runtimes are confined by seccomp, AppArmor or SELinux",
    "immutable-container-file-systems": "Root file systems are read-only",
    "logging": "What happens is recorded and kept",
    "namespaces": "Tenants and systems stand in namespaces of their own",
    "network-separation": "Traffic is denied unless it is allowed",
    "non-root-containers": "Containers run without root",
    "pod-security-enforcement": "Pods that ask for too much are refused",
    "protecting-pod-service-account-tokens": "Pods hold tokens only where they need them",
    "resource-policies": "What one tenant may use is limited",
    "secrets": "Secrets are kept apart and encrypted",
    "upgrading-and-application-security-practices": "Versions are current, what is unused goes",
}
_NSA_OTHERS = (
    "control-plane-hardening",
    "encryption",
    "etcd",
    "kubeconfig-files",
    "network-policies",
    "protecting-sensitive-cloud-infrastructure",
    "threat-detection",
    "worker-node-segmentation",
)
"""Sections that no manifest is evidence for, so that they are no holes."""

_CRITERIA = (
    r"CC(1\.[1-5]|2\.[1-3]|3\.[1-4]|4\.[12]|5\.[1-3]|6\.[1-8]|7\.[1-5]|8\.1|9\.[12])"
    r"|A1\.[1-3]|C1\.[12]|PI1\.[1-5]|P([1278]\.1|[35]\.[12]|4\.[1-3]|6\.[1-7])"
)
_ARTICLE = r"([1-9]|[1-9][0-9])(\([1-9][0-9]?\))?(\([a-z]\))?"

STANDARDS: Mapping[Framework, Standard] = {
    one.id: one
    for one in (
        Standard("soc2", "SOC 2, Trust Services Criteria", "2017, points of focus of 2022", _CRITERIA, _SOC2),
        Standard("gdpr", "GDPR", "Regulation (EU) 2016/679", _ARTICLE, _GDPR),
        Standard(
            "cis", "CIS Kubernetes Benchmark", "section 5 as numbered in 1.8", r"5\.[1-7]\.[1-9][0-9]?", _CIS
        ),
        Standard(
            "pss",
            "Pod Security Standards",
            "as of Kubernetes 1.34, with host probes",
            "|".join(_PSS),
            _PSS,
        ),
        Standard(
            "nsa",
            "NSA/CISA Kubernetes Hardening Guide",
            "1.2, August 2022",
            "|".join((*_NSA, *_NSA_OTHERS)),
            _NSA,
        ),
    )
}


def titles() -> dict[Framework, str]:
    """How readers know each framework, in the order that rules declare them."""
    return {name: STANDARDS[name].title for name in get_args(Framework)}


def reach(rules: Iterable[Rule], framework: Framework) -> dict[str, list[str]]:
    """Rules by control: every control of the framework that manifests can serve, holes included."""
    found: dict[str, list[str]] = {control: [] for control in STANDARDS[framework].controls}
    for rule in rules:
        for control in rule.metadata.controls.get(framework, ()):
            found.setdefault(control, []).append(rule.id)
    return dict(sorted(found.items(), key=lambda item: natural(item[0])))


def unknown(rules: Iterable[Rule]) -> Iterator[Problem]:
    """Controls that no edition of their framework can have."""
    for rule in rules:
        for framework, controls in rule.metadata.controls.items():
            for control in controls:
                if not STANDARDS[framework].knows(control):
                    what = f"names the control {control!r}, which {STANDARDS[framework].title} cannot have"
                    yield Problem(Origin(rule.file, 1), what, "Correct it under custom.controls.")


def natural(control: str) -> tuple[tuple[int, int | str], ...]:
    """Numbers inside a control in their order, so that 5.2.10 stands after 5.2.9."""
    parts = control.replace("(", ".").replace(")", "").split(".")
    return tuple((0, int(part)) if part.isdigit() else (1, part) for part in parts)
