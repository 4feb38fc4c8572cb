"""Options of component `argocd`."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from dharma.conventions import ARGOCD_NAMESPACE
from dharma.declared import Declared
from dharma.options import Options, PlatformNamespace
from dharma.values import Cron, DnsName, Duration, Email, Items, Name, Text, Url


class SyncWindow(Declared):
    """A time in which Argo CD may sync tenants' Applications, or may not."""

    kind: Literal["allow", "deny"] = "deny"
    schedule: Cron
    """When it begins."""
    duration: Duration
    time_zone: Text = "UTC"
    manual: bool = True
    """Whether somebody may still sync by hand in it."""


class MailRelay(Declared):
    """Who takes mail to tenants' contacts; outside the cluster, with TLS."""

    host: DnsName
    port: int = Field(default=587, ge=1, le=65535)
    sender: Email
    """What mails are from; keys email-username and email-password of Secret argocd-notifications-secret."""


class ArgocdOptions(Options):
    """Argo CD, and the Applications and projects through which it delivers everything else."""

    chart: ClassVar[str] = "dharma.components.argocd.chart:Argocd"
    requires: ClassVar[tuple[str, ...]] = ("tenancy",)
    brings: ClassVar[tuple[str, ...]] = tuple(
        f"argoproj.io/{kind}" for kind in ("Application", "ApplicationSet", "AppProject")
    )
    last: ClassVar[bool] = True

    version: Text = "10.1.1"
    """Version of the chart argo-cd."""
    replicas: int = Field(default=2, ge=1, le=10)
    """Replicas of the API server and of the repository server."""
    shards: int = Field(default=1, ge=1, le=20)
    """Application controllers, among which clusters are divided."""
    redis_ha: bool = False
    """Whether the cache survives the loss of a node; takes three nodes."""
    host: Text | None = None
    """Where people reach it; argocd.<domain> by default, through the internal gateway if there is a mesh."""
    oidc_secret: Name = "argocd-oidc"  # noqa: S105
    """Secret in namespace argocd with the OpenID Connect client's key clientSecret; only its name."""
    platform_role: Literal["operator", "admin"] = "operator"
    """What the platform's administrators may do; `operator` reads, syncs and runs actions."""
    self_heal: bool = True
    """Whether changes made in the cluster are undone."""
    cascade: bool = True
    """Whether an Application that is removed takes its objects with it; definitions always stay."""
    retries: int = Field(default=5, ge=0, le=100)
    """How often a failed sync is tried again, from ten seconds on, each wait twice the last."""
    sync_windows: Items[SyncWindow] = ()
    """When tenants' Applications are synced or left alone, such as a freeze in production."""
    webhook: Url | None = None
    """Where failed syncs and degraded Applications are announced; a tenant's with its chat or mailbox."""
    mail: MailRelay | None = None
    """Through whom tenants hear by mail of their own failed syncs and degraded Applications."""

    def namespaces(self) -> tuple[PlatformNamespace, ...]:
        """Its own."""
        return (PlatformNamespace(ARGOCD_NAMESPACE, cpu="16", memory="32Gi", pods=60),)
