"""Component `mesh`: Istio from its official charts, and what holds in the whole mesh."""

from __future__ import annotations

from typing import Any

from dharma.component import Component, Draft, part
from dharma.components.mesh import gateways, network, policy
from dharma.components.mesh.options import GatewayOptions, Kind, MeshOptions, Tracing
from dharma.components.mesh.signals import ALERTS, DASHBOARDS, METRICS
from dharma.conventions import GATEWAY_NAMESPACE, MESH_NAMESPACE, SERVICE_MONITOR_LABEL
from dharma.declared import unobserved
from dharma.signals import Alert, Dashboard, Metric

REPOSITORY = "https://istio-release.storage.googleapis.com/charts"
CNI_NAMESPACE = "kube-system"


class Mesh(Component[MeshOptions]):
    """Control plane, gateways and mesh-wide rules."""

    name = "mesh"

    def declare(self) -> None:
        """Charts in the order in which they are installed, then the rules."""
        self.base()
        self.cni()
        self.istiod()
        self.mesh_wide()
        self.control_plane()
        self._monitor("ServiceMonitor", "istiod", MESH_NAMESPACE, {"app": "istiod"}, "http-monitoring")
        with unobserved():
            wanted = self.options.gateways()
        for kind, gateway in wanted.items():
            self.gateway_chart(kind, gateway)
            self.gateway(kind, gateway)
        for tenant in self.target.tenants:
            self.tenant_scope(tenant)
        if self.options.tracing:
            self.spans(self.options.tracing)

    def alerts(self) -> tuple[Alert, ...]:
        """When the mesh stops being configured, trusted or reachable."""
        return ALERTS

    def dashboards(self) -> tuple[Dashboard, ...]:
        """Traffic and the control plane's health."""
        return DASHBOARDS

    def metrics(self) -> tuple[Metric, ...]:
        """What sidecars, gateways and istiod export."""
        return METRICS

    @part
    def base(self) -> None:
        """The custom resource definitions and the validation webhook."""
        self._chart("istio-base", "base", MESH_NAMESPACE, {}, crds=True, owned=policy.BASE_OWNED)

    @part
    def cni(self) -> None:
        """Redirects traffic on the node, so that tenants' pods need no network privileges.

        It runs in kube-system, because it needs more than Pod Security allows elsewhere.
        """
        values: dict[str, Any] = {
            "resources": {"requests": {"cpu": "50m", "memory": "100Mi"}, "limits": {"memory": "256Mi"}},
            "seccompProfile": {"type": "RuntimeDefault"},
            "global": {"logAsJson": True, **self._hub()},
        }
        if self.target.cluster.provider == "gke":
            values["global"]["platform"] = "gke"
        self._chart("istio-cni", "cni", CNI_NAMESPACE, values)

    @part
    def istiod(self) -> None:
        """The control plane."""
        values = policy.istiod(self.options, self.target.trust_domain, self._hub().get("hub"))
        self._chart("istiod", "istiod", MESH_NAMESPACE, values, owned=policy.ISTIOD_OWNED)

    def gateway_chart(self, kind: Kind, gateway: GatewayOptions) -> None:
        """The gateway's pods and their load balancer."""
        with self.scope():
            annotations = gateways.load_balancer(kind, self.target.cluster, gateway.pool)
            values = gateways.values(gateway, annotations)
            self._chart(gateways.release_name(kind), "gateway", GATEWAY_NAMESPACE, values)

    def mesh_wide(self) -> None:
        """Rules of the root namespace, which hold wherever nothing more exact is said."""
        mutual = {"mtls": {"mode": "STRICT"}}
        self.object(
            "security.istio.io/v1", "PeerAuthentication", "default", namespace=MESH_NAMESPACE, spec=mutual
        )
        self.nobody().after(*(self.anybody(kind) for kind in self._wanted()))
        self.telemetry()
        self.scope_of_all()

    @part
    def nobody(self) -> Draft:
        """An AuthorizationPolicy without rules lets nobody in; every service allows its callers."""
        return self.object(
            "security.istio.io/v1",
            "AuthorizationPolicy",
            "allow-nothing",
            namespace=MESH_NAMESPACE,
            spec={"action": "ALLOW", "rules": []},
        )

    def anybody(self, kind: Kind) -> Draft:
        """Gateways take requests from anybody; who may do what is decided behind them."""
        name = gateways.release_name(kind)
        ports = [str(port) for port in (gateways.HTTP_PORT, gateways.HTTPS_PORT)]
        spec = {
            "selector": {"matchLabels": {"istio": name}},
            "action": "ALLOW",
            "rules": [{"to": [{"operation": {"ports": ports}}]}],
        }
        return self.object(
            "security.istio.io/v1", "AuthorizationPolicy", name, namespace=GATEWAY_NAMESPACE, spec=spec
        )

    @part
    def telemetry(self) -> None:
        """What is measured, logged and traced."""
        spec = policy.telemetry(self.options.access_log, self.options.tracing)
        self.object("telemetry.istio.io/v1", "Telemetry", "mesh-default", namespace=MESH_NAMESPACE, spec=spec)

    @part
    def scope_of_all(self) -> None:
        """Sidecars know their own namespace and the control plane's, unless their namespace says more."""
        spec = policy.sidecar([], self.options.outbound)
        self.object("networking.istio.io/v1", "Sidecar", "default", namespace=MESH_NAMESPACE, spec=spec)

    @part
    def tenant_scope(self, tenant: str) -> None:
        """Sidecars of a tenant also know the namespaces that its services declare calls to."""
        spec = policy.sidecar(sorted(self._called(tenant) - {tenant}), self.options.outbound)
        self.object("networking.istio.io/v1", "Sidecar", "default", namespace=tenant, spec=spec)

    @part
    def control_plane(self) -> None:
        """Who reaches istiod."""
        addresses = self.target.cluster.network
        spec = network.istiod((addresses.api_server, addresses.nodes))
        self._network_policy("istiod-callers", MESH_NAMESPACE, spec)

    def gateway(self, kind: Kind, gateway: GatewayOptions) -> None:
        """A gateway's listeners, traffic and metrics."""
        name = gateways.release_name(kind)
        self.listeners(kind, gateway)
        self._network_policy(name, GATEWAY_NAMESPACE, network.gateway(name))
        self._monitor("PodMonitor", name, GATEWAY_NAMESPACE, {"istio": name}, "http-envoy-prom")

    @part
    def listeners(self, kind: Kind, gateway: GatewayOptions) -> None:
        """The Gateway that VirtualServices refer to, for the target's domain and hosts beside it."""
        hosts = [f"*.{self.target.domain}", *self._hosts_elsewhere(kind)]
        spec = {
            "selector": {"istio": gateways.release_name(kind)},
            "servers": gateways.servers(hosts, gateway.certificate or f"{kind}-gateway-tls"),
        }
        self.object("networking.istio.io/v1", "Gateway", kind, namespace=GATEWAY_NAMESPACE, spec=spec)

    @part
    def spans(self, tracing: Tracing) -> None:
        """Gateways and sidecars send spans."""
        spec = network.tracing(tracing)
        for namespace in (GATEWAY_NAMESPACE, *self.target.tenants):
            self._network_policy("tracing", namespace, spec)

    def _wanted(self) -> list[Kind]:
        with unobserved():
            return list(self.options.gateways())

    def _hub(self) -> dict[str, str]:
        registry = self.target.registry
        return {"hub": f"{registry}/istio"} if registry else {}

    def _called(self, tenant: str) -> set[str]:
        """Namespaces that the tenant's services call."""
        services = self.target.services
        with unobserved():
            own = [service for service in services.values() if service.tenant == tenant]
        for service in own:
            service.note(("tenant",))
        callees = {call.partition(":")[0] for service in own for call in service.calls}
        return {services[name].tenant for name in callees if name in services}

    def _hosts_elsewhere(self, kind: Kind) -> list[str]:
        """Hosts outside the target's domain that services are exposed under."""
        found = []
        for service in self.target.services.values():
            route = service.expose
            if route is None or route.__dict__["host"] is None:
                continue
            with unobserved():
                here = route.gateway == kind
            if here and route.host and not route.host.endswith(f".{self.target.domain}"):
                route.note(("gateway",))
                found.append(route.host)
        return sorted(set(found))

    def _chart(self, name: str, chart: str, namespace: str, values: dict[str, Any], **more: Any) -> None:
        self.release(
            name,
            repository=REPOSITORY,
            chart=chart,
            version=self.options.version,
            namespace=namespace,
            values=values,
            **more,
        )

    def _network_policy(self, name: str, namespace: str, spec: dict[str, Any]) -> None:
        self.object("networking.k8s.io/v1", "NetworkPolicy", name, namespace=namespace, spec=spec)

    def _monitor(self, kind: str, name: str, namespace: str, app: dict[str, str], port: str) -> None:
        endpoint = {"port": port, "interval": "30s"}
        if kind == "PodMonitor":
            endpoint["path"] = "/stats/prometheus"
        endpoints = "endpoints" if kind == "ServiceMonitor" else "podMetricsEndpoints"
        self.object(
            "monitoring.coreos.com/v1",
            kind,
            name,
            namespace=namespace,
            labels=SERVICE_MONITOR_LABEL,
            spec={"selector": {"matchLabels": app}, endpoints: [endpoint]},
        )
