"""Component `argocd`: Argo CD itself, and what it delivers as explicit Applications from one root."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dharma import sequence
from dharma.component import Component, Delivery, Draft, Release, part
from dharma.components.argocd import applications, projects, server
from dharma.components.argocd.options import ArgocdOptions
from dharma.components.argocd.signals import ALERTS, DASHBOARDS, METRICS
from dharma.conventions import ARGOCD_NAMESPACE, gateway
from dharma.declared import unobserved
from dharma.layer import Path
from dharma.signals import Alert, Dashboard, Metric

CHARTS = "https://argoproj.github.io/argo-helm"
ROOT = "root"
API = "argoproj.io/v1alpha1"
PROJECTS_WAVE = "-10"


class Argocd(Component[ArgocdOptions]):
    """Projects, the root Application, and one Application for each chart, component and tenant."""

    name = "argocd"

    def declare(self) -> None:
        """Argo CD's chart first, because Argo CD delivers itself like everything else."""
        self.system()
        self.deliveries = (*self.earlier, self._own())
        self.platform_project()
        kinds = projects.kinds_of(self._of_tenants())
        for name in self.target.tenants:
            self.tenant_project(name, kinds)
        self.root()
        for delivery in self.deliveries:
            self.applications(delivery)
        if "mesh" in self.target.options:
            self.route()

    def alerts(self) -> tuple[Alert, ...]:
        """When what runs is not what Git says."""
        return ALERTS

    def dashboards(self) -> tuple[Dashboard, ...]:
        """How far deliveries are."""
        return DASHBOARDS

    def metrics(self) -> tuple[Metric, ...]:
        """What Argo CD exports."""
        return METRICS

    @part
    def system(self) -> None:
        """Argo CD from its official chart."""
        target, options = self.target, self.options
        present = target.options
        values = server.values(
            options, self._host(), monitors="prometheus-operator" in present, exposed="mesh" in present
        )
        values["configs"] |= {
            "cm": server.sign_in(target.identity, options.oidc_secret),
            "rbac": {
                "policy.default": "",
                "scopes": f"[{target.identity.groups_claim}]",
                "policy.csv": server.roles(
                    options.platform_role, target.identity.admin_group, target.tenants
                ),
            },
        }
        values["extraObjects"] = [server.egress(target.cluster.network, options.mail)]
        if target.registry:
            mirrored = server.images(target.registry)
            values["global"] |= {"image": mirrored["image"]}
            values["redis"] |= {"image": mirrored["redis"]}
        self.release(
            "argo-cd",
            repository=CHARTS,
            chart="argo-cd",
            version=options.version,
            namespace=ARGOCD_NAMESPACE,
            values=values,
        )

    @part
    def platform_project(self) -> None:
        """What the platform's own Applications may touch."""
        registry = self.target.registry
        charts = [
            applications.chart_source(release, registry)["repoURL"]
            for delivery in self.deliveries
            for release in delivery.releases
            if not release.folder
        ]
        spec = projects.platform(
            [self.target.gitops.repository, *charts],
            self._platform_namespaces(),
            projects.cluster_kinds(self.deliveries),
        )
        self._project(projects.PLATFORM, spec, server.subscriptions(self.options, None))

    @part
    def tenant_project(self, name: str, kinds: set[projects.Kind]) -> None:
        """What a tenant's Applications may touch, who may do what with them, and who hears of failures.

        It outlives the tenant's Applications, which could not take their objects along without it.
        """
        windows = [projects.window(window) for window in self.options.sync_windows]
        tenant = self.target.tenants[name]
        spec = projects.tenant(name, tenant.groups, self.target.gitops.repository, kinds, windows)
        draft = self._project(name, spec, server.subscriptions(self.options, tenant.contact))
        if draft.body:
            draft.body["metadata"]["finalizers"] = [applications.FINALIZER]

    @part
    def root(self) -> None:
        """The Application of this component's own objects: all others, the projects and itself."""
        path = self._folder(self.name)
        spec = {
            "project": projects.PLATFORM,
            "source": self._folder_source(path, exclude=applications.excluded(self.released)),
            "destination": {"server": applications.CLUSTER, "namespace": ARGOCD_NAMESPACE},
            "syncPolicy": applications.sync_policy(self.options, ignores=False),
            "revisionHistoryLimit": 5,
        }
        head = applications.metadata(sequence.own_wave(self._level()), path, cascade=False)
        head["annotations"][applications.UNWAITED] = "true"
        self._application(ROOT, head, spec)

    def applications(self, delivery: Delivery) -> None:
        """A component's charts in their order, then its own objects by tenant."""
        for position, release in enumerate(delivery.releases):
            self.chart_application(release, sequence.chart_wave(delivery.level, position))
        if delivery.component == self.name:
            return
        for unit in delivery.units:
            self.own_application(delivery, unit)

    @part
    def chart_application(self, release: Release, wave: int) -> None:
        """An upstream chart; definitions are never pruned, and stay when the Application goes."""
        ignored = applications.ignored_of_release(release)
        itself = release.chart == "argo-cd" and release.namespace == ARGOCD_NAMESPACE
        cascade = not (release.crds or itself) and self.options.cascade
        spec: dict[str, Any] = {
            "project": projects.PLATFORM,
            "source": self._release_source(release),
            "destination": {"server": applications.CLUSTER, "namespace": release.namespace},
            "syncPolicy": applications.sync_policy(
                self.options, prune=not release.crds, ignores=bool(ignored)
            ),
            "revisionHistoryLimit": 5,
        }
        path = self._folder(release.folder) if release.folder else ""
        head = applications.metadata(wave, path, cascade=cascade)
        self._application(f"chart-{release.name}", head, _ignoring(spec, ignored), reads=release.reads)

    @part
    def own_application(self, delivery: Delivery, unit: str) -> None:
        """A component's own objects, or those of one tenant; none of them while it retires.

        Tenants that windows may hold back are not waited for: the root would be in one sync until the
        last window ends, and would not see the commit that lifts it.
        """
        drafts = [draft for draft in delivery.drafts if draft.unit == unit]
        retiring = self.target.options[delivery.component].state == "retiring"
        ignored = [] if retiring else applications.ignored_of_drafts(drafts)
        path = self._folder(delivery.component, unit)
        exclude = applications.excluded(delivery.releases, empty=retiring)
        spec: dict[str, Any] = {
            "project": unit or projects.PLATFORM,
            "source": self._folder_source(path, exclude=exclude),
            "destination": {"server": applications.CLUSTER, "namespace": unit or ARGOCD_NAMESPACE},
            "syncPolicy": applications.sync_policy(self.options, ignores=bool(ignored), empty=retiring),
            "revisionHistoryLimit": 5,
        }
        head = applications.metadata(sequence.own_wave(delivery.level), path, cascade=self.options.cascade)
        if unit and self.options.sync_windows:
            head["annotations"][applications.UNWAITED] = "true"
        name = "-".join(part for part in (delivery.component, unit) if part)
        self._note_owners(unit, drafts)
        self._application(name, head, _ignoring(spec, ignored))

    @part
    def route(self) -> None:
        """People reach Argo CD through the internal gateway, where TLS ends; its streams are long.

        The root holds it, which begins before the mesh is there.
        """
        destination = {
            "host": f"argo-cd-argocd-server.{ARGOCD_NAMESPACE}.svc.cluster.local",
            "port": {"number": 80},
        }
        spec = {
            "hosts": [self._host()],
            "gateways": [gateway("internal")],
            "http": [{"route": [{"destination": destination}], "timeout": "1h", "retries": {"attempts": 0}}],
        }
        self.object(
            "networking.istio.io/v1",
            "VirtualService",
            "argocd",
            namespace=ARGOCD_NAMESPACE,
            annotations=applications.of_a_later_kind(sequence.own_wave(self._level())),
            spec=spec,
        )

    def _note_owners(self, tenant: str, drafts: list[Draft]) -> None:
        """Count as read what decides which fields are left to others: tenants, and numbers of replicas.

        A service's replicas belong to an autoscaler once `max` is above `min`, unless it has storage.
        """
        owned = {path for draft in drafts if draft.owned for path in draft.reads}
        with unobserved():
            own = {name: it for name, it in self.target.services.items() if it.tenant == tenant}
        for name, service in own.items():
            if ("services", name, "tenant") in owned:
                service.note(("tenant",))
            if service.storage is None:
                versions = [version.replicas for version in service.versions.values() if version.replicas]
                for replicas in (service.replicas, *versions):
                    replicas.note(("min",))
                    replicas.note(("max",))

    def _application(
        self, name: str, head: dict[str, Any], spec: dict[str, Any], reads: frozenset[Path] = frozenset()
    ) -> None:
        draft = self.object(
            API,
            "Application",
            name,
            namespace=ARGOCD_NAMESPACE,
            annotations=head["annotations"],
            reads=reads,
            spec=spec,
        )
        if head["finalizers"] and draft.body:
            draft.body["metadata"]["finalizers"] = head["finalizers"]

    def _project(self, name: str, spec: dict[str, Any], notes: Mapping[str, str] | None = None) -> Draft:
        notes = {applications.WAVE: PROJECTS_WAVE, **(notes or {})}
        return self.object(API, "AppProject", name, namespace=ARGOCD_NAMESPACE, annotations=notes, spec=spec)

    def _release_source(self, release: Release) -> dict[str, Any]:
        if release.folder:
            return self._folder_source(self._folder(release.folder))
        return applications.chart_source(release, self.target.registry)

    def _folder_source(self, path: str, *, exclude: str = "") -> dict[str, Any]:
        repository = self.target.gitops.repository
        return applications.folder_source(repository, self.target.branch, path, exclude=exclude)

    def _folder(self, *names: str) -> str:
        return "/".join(name for name in (self.target.gitops.path, self.target.name, *names) if name)

    def _host(self) -> str:
        return self.options.host or f"argocd.{self.target.domain}"

    def _level(self) -> int:
        return 1 + max((delivery.level for delivery in self.earlier), default=-1)

    def _own(self) -> Delivery:
        return Delivery(self.name, self._level(), "active", tuple(self.released), (), self)

    def _of_tenants(self) -> Iterator[Draft]:
        return (draft for delivery in self.earlier for draft in delivery.drafts if draft.unit)

    def _platform_namespaces(self) -> set[str]:
        drafts = [draft for delivery in self.earlier for draft in delivery.drafts if not draft.unit]
        used = {draft.body["metadata"].get("namespace", "") for draft in drafts if draft.body}
        charts = {release.namespace for delivery in self.deliveries for release in delivery.releases}
        with unobserved():
            needed = {space.name for spaces in self.target.namespaces().values() for space in spaces}
        return (used | charts | needed | projects.shipped_namespaces() | {ARGOCD_NAMESPACE}) - {""}


def _ignoring(spec: dict[str, Any], ignored: list[dict[str, Any]]) -> dict[str, Any]:
    return spec | ({"ignoreDifferences": ignored} if ignored else {})
