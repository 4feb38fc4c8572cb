"""Component `tenancy`: the namespaces of tenants and of the platform, and what holds in each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cdk8s

from dharma.component import Component, Draft, part
from dharma.components.tenancy import access, network
from dharma.components.tenancy.merge import merged
from dharma.components.tenancy.options import TenancyOptions
from dharma.conventions import (
    COST_CENTRE_LABEL,
    KEPT,
    MESH_NAMESPACE,
    OWNER_LABEL,
    PLATFORM_OWNER,
    TENANT_LABEL,
)
from dharma.declared import reading
from dharma.layer import Path
from dharma.options import PlatformNamespace
from dharma.tenant import Tenant
from dharma.values import amount

CONTACT_ANNOTATION = "dharma.dev/contact"
RBAC = "rbac.authorization.k8s.io/v1"


class Tenancy(Component[TenancyOptions]):
    """Namespaces with quotas, limits, roles for the identity provider's groups and default-deny policies."""

    name = "tenancy"

    def declare(self) -> None:
        """Cluster roles, then every namespace with what it contains."""
        self.roles()
        self.operator_role()
        self.platform_admins()
        with reading(set()) as reads:
            needed = merged(self.target.namespaces().values())
        for namespace in needed:
            self.platform_namespace(namespace, frozenset(reads))
        for name, tenant in self.target.tenants.items():
            self.tenant_namespace(name, tenant)

    @part
    def roles(self) -> None:
        """What an administrator, a developer and a viewer of any tenant may do."""
        self.object(RBAC, "ClusterRole", "tenant-viewer", rules=access.viewer())
        self.object(RBAC, "ClusterRole", "tenant-developer", rules=access.developer())
        self.admin_role()

    @part
    def admin_role(self) -> None:
        """What an administrator of a tenant may do; secrets of the tenant are part of it."""
        self.object(RBAC, "ClusterRole", "tenant-admin", rules=access.admin(with_shell=self.options.shell))

    @part
    def operator_role(self) -> None:
        """What the platform's administrators may do beyond reading namespaces."""
        if self.options.platform_role == "operator":
            self.object(RBAC, "ClusterRole", "platform-operator", rules=access.operator())

    @part
    def platform_admins(self) -> None:
        """The platform's group reads everything but secrets and has a role of its own."""
        subjects = access.groups([self.target.identity.admin_group])
        if self.options.platform_role == "cluster-admin":
            self._bind_cluster("platform-admin", "cluster-admin", subjects)
            return
        self._bind_cluster("platform-view", "view", subjects)
        self._bind_cluster("platform-operator", "platform-operator", subjects)

    def _bind_cluster(self, name: str, role: str, subjects: list[dict[str, str]]) -> None:
        ref = access.role("ClusterRole", role)
        self.object(RBAC, "ClusterRoleBinding", name, roleRef=ref, subjects=subjects)

    def tenant_namespace(self, name: str, tenant: Tenant) -> None:
        """A tenant's namespace, which has the tenant's name."""
        namespace = self._tenant_itself(name, tenant)
        self._tenant_quota(name, tenant).after(namespace)
        self._tenant_limits(name, tenant).after(namespace)
        for role in ("admin", "developer", "viewer"):
            self._tenant_role(name, tenant, role, namespace)
        self._policies(name, namespace, inject=True)

    def platform_namespace(self, needed: PlatformNamespace, reads: frozenset[Path]) -> None:
        """A namespace of the platform; `reads` is what its size rests on."""
        name = needed.name
        namespace = self._platform_itself(needed)
        self._platform_quota(needed, reads).after(namespace)
        self._platform_limits(name).after(namespace)
        self._controllers(name).after(namespace)
        self._policies(name, namespace, inject=needed.inject)
        if name == MESH_NAMESPACE:
            self._policy(name, "istiod", network.istiod()).after(namespace)

    @part
    def _tenant_itself(self, name: str, tenant: Tenant) -> Draft:
        owner = {TENANT_LABEL: name, OWNER_LABEL: name, COST_CENTRE_LABEL: tenant.cost_centre}
        notes = {CONTACT_ANNOTATION: tenant.contact.email}
        return self._namespace(name, tenant.pod_security, owner, notes, inject=True)

    @part
    def _platform_itself(self, needed: PlatformNamespace) -> Draft:
        owner = {OWNER_LABEL: PLATFORM_OWNER}
        return self._namespace(needed.name, needed.pod_security, owner, {}, inject=needed.inject)

    def _namespace(
        self, name: str, level: str, owner: Mapping[str, str], notes: Mapping[str, str], *, inject: bool
    ) -> Draft:
        release = f"v{self.target.cluster.kubernetes}"
        labels = {**owner, **_pod_security(level, release)}
        if inject:
            labels["istio-injection"] = "enabled"
        metadata = cdk8s.ApiObjectMetadata(name=name, labels=labels, annotations={**KEPT, **notes})
        construct = cdk8s.ApiObject(
            self, f"namespace-{name}", api_version="v1", kind="Namespace", metadata=metadata
        )
        return self.adopt(construct)

    @part
    def _tenant_quota(self, name: str, tenant: Tenant) -> Draft:
        quota = tenant.quota
        hard = {
            **self._compute(quota.cpu, quota.memory, quota.pods),
            "requests.storage": quota.storage,
            "services.loadbalancers": str(quota.load_balancers),
            "services.nodeports": "0",
        }
        return self.object("v1", "ResourceQuota", "quota", namespace=name, spec={"hard": hard})

    @part
    def _platform_quota(self, needed: PlatformNamespace, reads: frozenset[Path]) -> Draft:
        hard = self._compute(needed.cpu, needed.memory, needed.pods)
        return self.object(
            "v1", "ResourceQuota", "quota", namespace=needed.name, reads=reads, spec={"hard": hard}
        )

    def _compute(self, cpu: str, memory: str, pods: int) -> dict[str, str]:
        limit = int(amount(memory) * self.options.memory_overcommit / 100 / 2**20)
        return {
            "requests.cpu": cpu,
            "requests.memory": memory,
            "limits.memory": f"{limit}Mi",
            "pods": str(pods),
        }

    @part
    def _tenant_limits(self, name: str, tenant: Tenant) -> Draft:
        limits = tenant.limits
        requests = {"cpu": limits.default_cpu, "memory": limits.default_memory}
        most = {"cpu": limits.max_cpu, "memory": limits.max_memory}
        return self._limits(name, requests, {"cpu": most["cpu"], "memory": requests["memory"]}, {"max": most})

    @part
    def _platform_limits(self, name: str) -> Draft:
        return self._limits(name, {"cpu": "50m", "memory": "64Mi"}, {"memory": "256Mi"}, {})

    def _limits(
        self, name: str, requests: Mapping[str, str], limits: Mapping[str, str], more: Mapping[str, Any]
    ) -> Draft:
        container = {"type": "Container", "defaultRequest": requests, "default": limits, **more}
        return self.object("v1", "LimitRange", "limits", namespace=name, spec={"limits": [container]})

    @part
    def _tenant_role(self, name: str, tenant: Tenant, role: str, namespace: Draft) -> None:
        members = getattr(tenant.groups, role)
        if members:
            ref, subjects = access.role("ClusterRole", f"tenant-{role}"), access.groups(members)
            self.object(RBAC, "RoleBinding", role, namespace=name, roleRef=ref, subjects=subjects).after(
                namespace
            )

    def _policies(self, name: str, namespace: Draft, *, inject: bool) -> None:
        """What is allowed comes before what denies the rest, so that nothing is cut off between."""
        allowed = [self._dns(name).after(namespace)]
        if inject:
            allowed.append(self._policy(name, "mesh", network.mesh()).after(namespace))
        self._policy(name, "default-deny", network.deny()).after(*allowed)

    @part
    def _dns(self, name: str) -> Draft:
        return self._policy(name, "dns", network.dns(self.options.dns, local=self.options.local_dns))

    @part
    def _controllers(self, name: str) -> Draft:
        reachable = self.target.cluster.network
        return self._policy(name, "platform", network.platform(reachable.api_server, reachable.nodes))

    def _policy(self, namespace: str, name: str, spec: Mapping[str, Any]) -> Draft:
        return self.object("networking.k8s.io/v1", "NetworkPolicy", name, namespace=namespace, spec=spec)


def _pod_security(level: str, release: str) -> dict[str, str]:
    """The level is enforced; what falls short of `restricted` is told anyway."""
    levels = {"enforce": level, "audit": "restricted", "warn": "restricted"}
    prefix = "pod-security.kubernetes.io"
    return {
        f"{prefix}/{mode}{suffix}": value
        for mode, wanted in levels.items()
        for suffix, value in (("", wanted), ("-version", release))
    }
