"""Argo CD's own configuration, as values of its chart: sign-in, roles, health, sizes, traffic."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from dharma.components.argocd.options import ArgocdOptions, MailRelay
from dharma.conventions import ARGOCD_NAMESPACE, SERVICE_MONITOR_LABEL, mirrored
from dharma.errors import Problem, RenderError
from dharma.settings import Identity, Network
from dharma.tenant import Contact, Tenant

APPLICATION_HEALTH = """\
local health = { status = "Progressing", message = "not compared yet" }
local annotations = obj.metadata.annotations or {}
if annotations["argocd.argoproj.io/ignore-healthcheck"] == "true" then
  health.status = "Healthy"
  health.message = "not waited for"
  return health
end
local status = obj.status or {}
local own = (status.health or {}).status
local sync = status.sync or {}
local compared = (sync.comparedTo or {}).source or {}
local operation = (status.operationState or {}).phase
if own == "Degraded" or own == "Suspended" then
  health.status = own
  health.message = (status.health or {}).message
elseif compared.targetRevision ~= obj.spec.source.targetRevision then
  health.message = "not compared with the revision that is wanted"
elseif sync.status ~= "Synced" then
  health.message = "not synced"
elseif operation ~= nil and operation ~= "Succeeded" then
  health.message = "last operation: " .. operation
elseif own == "Healthy" then
  health.status = "Healthy"
  health.message = "synced and healthy"
else
  health.message = "synced, not healthy yet"
end
return health
"""
"""Health of an Application in its parent's eyes: without it no wave of the root would wait for another.

Argo CD removed its own check in 1.8; `not waited for` are the root, which cannot wait for itself, and
tenants whom sync windows hold back.
"""
KEPT = {"argocd.argoproj.io/sync-options": "Prune=false,Delete=false,ServerSideApply=true"}
LINK_LOCAL = "169.254.0.0/16"
"""Where clouds serve credentials (RFC 3927)."""
SSH_PORT = 22
HTTPS_PORT = 443
OPERATOR = (
    ("applications", "get", "*/*"),
    ("applications", "sync", "*/*"),
    ("applications", "action/*", "*/*"),
    ("logs", "get", "*/*"),
    ("projects", "get", "*"),
    ("repositories", "get", "*"),
    ("clusters", "get", "*"),
    ("accounts", "get", "*"),
)
"""What an operator of the platform may do: see all, sync, run actions; change and delete nothing."""
SIZES = {
    "controller": ("250m", "2Gi"),
    "repoServer": ("100m", "1Gi"),
    "server": ("50m", "256Mi"),
    "notifications": ("10m", "128Mi"),
    "redis": ("50m", "256Mi"),
    "redisSecretInit": ("10m", "64Mi"),
}
"""CPU requested, and memory requested and at most used."""

WEBHOOK = "platform"
"""Name of the webhook among the services that announce."""
_PHASE = "app.status.operationState"
TRIGGERS = {
    "on-sync-failed": f"{_PHASE} != nil and {_PHASE}.phase in ['Error', 'Failed']",
    "on-degraded": "app.status.health.status == 'Degraded'",
}
"""What is announced, and when it is so."""
MESSAGE = (
    "{{.app.metadata.name}} is {{.app.status.sync.status}} and {{.app.status.health.status}}"
    " at {{.app.status.sync.revision}}."
    "{{with .app.status.operationState}} Last operation: {{.phase}}, {{.message}}{{end}}"
)
FIELDS = {
    "application": "metadata.name",
    "project": "spec.project",
    "health": "status.health.status",
    "sync": "status.sync.status",
    "revision": "status.sync.revision",
    "phase": "status.operationState.phase",
    "reason": "status.operationState.message",
}
"""What the webhook is sent of an Application, as JSON; empty where there is none."""

Values = dict[str, Any]


def values(options: ArgocdOptions, host: str, *, monitors: bool, exposed: bool) -> Values:
    """Sizes, replicas, monitors and what is off; `exposed` says that TLS ends at the mesh's gateway."""
    parts = {name: _resources(*size) for name, size in SIZES.items()}
    for name in ("server", "repoServer"):
        parts[name] |= {"replicas": options.replicas, "pdb": _budget(options.replicas)}
    parts["controller"] |= {"replicas": options.shards, "pdb": _budget(options.shards)}
    for name in ("controller", "repoServer", "server", "notifications"):
        parts[name]["metrics"] = _metrics(monitors=monitors)
    parts["notifications"] |= {"enabled": True, "secret": {"create": False}, **notifications(options)}
    return {
        **parts,
        "crds": {"install": True, "keep": True, "annotations": KEPT},
        "dex": {"enabled": False},
        "applicationSet": {"replicas": 0},
        "redis-ha": {"enabled": options.redis_ha},
        "global": {
            "domain": host,
            "networkPolicy": {"create": True, "defaultDenyIngress": True},
            "logging": {"format": "json"},
        },
        "configs": {"params": {"server.insecure": exposed, "controller.diff.server.side": True}},
    }


def sign_in(identity: Identity, secret: str) -> Values:
    """argocd-cm: people sign in by OpenID Connect only; the client's secret is a reference."""
    oidc = {
        "name": "Single sign-on",
        "issuer": identity.issuer,
        "clientID": identity.client_id,
        "clientSecret": f"${secret}:clientSecret",
        "requestedScopes": ["openid", "profile", "email", identity.groups_claim],
        "requestedIDTokenClaims": {identity.groups_claim: {"essential": True}},
    }
    return {
        "admin.enabled": False,
        "exec.enabled": False,
        "users.anonymous.enabled": False,
        "oidc.config": json.dumps(oidc, indent=2),
        "resource.customizations.health.argoproj.io_Application": APPLICATION_HEALTH,
    }


def roles(role: str, admin_group: str, tenants: Mapping[str, Tenant]) -> str:
    """policy.csv: the platform's group, and for each tenant's groups sight of their project.

    What a tenant's group may do with Applications stands in the project's own roles.
    """
    lines = [f"p, role:operator, {resource}, {action}, {what}, allow" for resource, action, what in OPERATOR]
    lines.append(f"g, {_quoted(admin_group)}, role:{role}")
    for name, tenant in tenants.items():
        lines.append(f"p, role:tenant-{name}, projects, get, {name}, allow")
        members = (*tenant.groups.admin, *tenant.groups.developer, *tenant.groups.viewer)
        lines += [f"g, {_quoted(group)}, role:tenant-{name}" for group in dict.fromkeys(members)]
    return "\n".join(lines) + "\n"


def notifications(options: ArgocdOptions) -> Values:
    """Failed syncs and degraded Applications, to the webhook and the mail relay where they are named."""
    message = {
        "message": MESSAGE,
        "email": {"subject": "{{.app.metadata.name}}: not what Git says, or not well"},
        "webhook": {WEBHOOK: {"method": "POST", "body": _body()}},
    }
    found: Values = {
        "triggers": {
            f"trigger.{name}": json.dumps([{"when": when, "send": ["state"]}])
            for name, when in TRIGGERS.items()
        },
        "templates": {"template.state": json.dumps(message)},
    }
    services = _services(options)
    return found | ({"notifiers": services} if services else {})


def _body() -> str:
    """A template that makes JSON of whatever text an operation ended with."""
    values = {"recipient": ".recipient"}
    for name, path in FIELDS.items():
        keys = " ".join(f'"{key}"' for key in path.split("."))
        values[name] = f'(dig {keys} "" .app)'
    fields = ", ".join(f'"{name}": {{{{toJson {value}}}}}' for name, value in values.items())
    return f"{{{fields}}}"


def subscriptions(options: ArgocdOptions, contact: Contact | None) -> dict[str, str]:
    """Annotations of a project: who hears of its Applications' failures, by which way.

    Without a contact, which is the platform's, nobody is named to the webhook. Each failure is
    announced once a way: nothing is subscribed to for all Applications.
    """
    ways = {WEBHOOK: (contact.chat or contact.email) if contact else ""} if options.webhook else {}
    ways |= {"email": contact.email} if options.mail and contact else {}
    return {
        f"notifications.argoproj.io/subscribe.{trigger}.{way}": recipient
        for way, recipient in ways.items()
        for trigger in sorted(TRIGGERS)
    }


def _services(options: ArgocdOptions) -> dict[str, str]:
    found = {}
    if options.webhook:
        found[f"service.webhook.{WEBHOOK}"] = json.dumps({"url": options.webhook})
    if options.mail:
        relay = {"host": options.mail.host, "port": options.mail.port, "from": options.mail.sender}
        keys = {"username": "$email-username", "password": "$email-password"}
        found["service.email"] = json.dumps(relay | keys)
    return found


def egress(network: Network, mail: MailRelay | None) -> Values:
    """The policy that lets Argo CD reach Git, charts, the identity provider and a mail relay outside.

    It travels with the chart, so that the namespace's default deny never cuts Argo CD off.
    """
    outside = {"cidr": "0.0.0.0/0", "except": [network.pods, network.services, LINK_LOCAL]}
    ports = [
        {"protocol": "TCP", "port": port} for port in [SSH_PORT, HTTPS_PORT, *([mail.port] if mail else [])]
    ]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "argocd-egress", "namespace": ARGOCD_NAMESPACE},
        "spec": {
            "podSelector": {},
            "policyTypes": ["Egress"],
            "egress": [{"to": [{"ipBlock": outside}], "ports": ports}],
        },
    }


def images(registry: str) -> Values:
    """Argo CD's and Redis' images from the private mirror."""
    redis = {"repository": mirrored("ecr-public.aws.com/docker/library/redis", registry)}
    return {"image": {"repository": mirrored("quay.io/argoproj/argocd", registry)}, "redis": redis}


def _resources(cpu: str, memory: str) -> Values:
    return {"resources": {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": memory}}}


def _budget(replicas: int) -> Values:
    return {"enabled": replicas > 1, "maxUnavailable": 1}


def _metrics(*, monitors: bool) -> Values:
    return {
        "enabled": True,
        "serviceMonitor": {"enabled": monitors, "additionalLabels": SERVICE_MONITOR_LABEL},
    }


def _quoted(group: str) -> str:
    """A group as a CSV field; Argo CD reads a policy a line, so that a line break would be a new one."""
    if any(ord(char) < ord(" ") for char in group):
        raise RenderError([Problem(f"group {group!r}", "has a control character, which no role may rest on")])
    return '"' + group.replace('"', '""') + '"'
