"""Options of component `tenancy`."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from dharma.options import Options
from dharma.values import Name


class TenancyOptions(Options):
    """Namespaces with their limits, roles and default-deny policies, for tenants and the platform."""

    chart: ClassVar[str] = "dharma.components.tenancy.chart:Tenancy"

    memory_overcommit: int = Field(default=150, ge=100, le=400)
    """Memory limits that a namespace's pods may have together, in percent of its memory quota."""
    shell: bool = False
    """Whether administrators of a tenant may open shells in its containers."""
    platform_role: Literal["operator", "cluster-admin"] = "operator"
    """What the platform's administrators may do; `operator` reads all but secrets and restarts pods."""
    dns: Name = "kube-dns"
    """Value of the label k8s-app on the cluster's DNS pods in kube-system."""
    local_dns: bool = False
    """Whether nodes run a DNS cache at 169.254.20.10, which pods must reach as well."""
