"""Tenants: the teams that own services, what they may use and who they are."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from dharma.declared import Declared
from dharma.values import Duration, Email, Items, Name, Quantity, Text

Role = Literal["admin", "developer", "viewer"]


class Contact(Declared):
    """Where a tenant is reached."""

    email: Email
    """Mailbox of the team."""
    chat: Text | None = None
    """Channel of the team, as the chat system names it."""
    page: bool = False
    """Whether urgent alerts page somebody."""


class Groups(Declared):
    """Groups of the identity provider; the same ones give roles in Kubernetes, Argo CD and Grafana."""

    admin: Items[Text] = Field(min_length=1)
    """May change everything of the tenant but its limits."""
    developer: Items[Text] = ()
    """May read everything but secrets, restart workloads and read logs."""
    viewer: Items[Text] = ()
    """May read everything but secrets."""


class Quota(Declared):
    """What all of a tenant's workloads in one cluster may request together."""

    cpu: Quantity
    memory: Quantity
    storage: Quantity
    pods: int = Field(ge=1, le=10_000)
    load_balancers: int = Field(default=0, ge=0, le=100)


class Limits(Declared):
    """What one container gets that asks for nothing, and the most it may ask for."""

    default_cpu: Quantity = "100m"
    default_memory: Quantity = "128Mi"
    max_cpu: Quantity = "8"
    max_memory: Quantity = "16Gi"


class Budget(Declared):
    """What a tenant may cost a month in one environment."""

    monthly: int = Field(ge=0)
    """Whole units of the currency."""
    currency: Literal["EUR", "USD", "GBP"] = "USD"


class TenantOverride(Declared):
    """What an environment sets differently for a tenant."""

    quota: Quota
    limits: Limits
    budget: Budget


class Tenant(Declared):
    """A team with owners, a budget and quotas; it gets a namespace of its name in every cluster."""

    description: Text
    cost_centre: Name
    """Label by which the tenant's cost is summed."""
    contact: Contact
    groups: Groups
    quota: Quota
    budget: Budget
    limits: Limits = Field(default_factory=Limits)
    pod_security: Literal["restricted", "baseline", "privileged"] = "restricted"
    """Level of the Pod Security Standards that the namespace enforces."""
    log_retention: Duration = "720h"
    """How long logs are kept."""
