"""Who else writes into a cluster: autoscalers' metrics, a rollout controller's part, a volume provisioner.

The autoscaler itself is the real one; the two others do the least that their objects' health needs.
"""

from __future__ import annotations

import json
import ssl
import subprocess
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from dharma.cluster import APPLY, Applied, Cluster
from tests.cluster.lab import Lab

METRICS = "metrics.k8s.io/v1beta1"

Object = dict[str, Any]


class Writers:
    """Controllers of the lab that write what no Application holds, until `end`."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.cluster = Cluster.connect(lab.kubeconfig)
        self.busy = ""
        self._stop = threading.Event()
        self._server = self._metrics()
        self._threads = [
            threading.Thread(target=self._server.serve_forever, daemon=True),
            threading.Thread(target=self._reconcile, daemon=True),
        ]
        for thread in self._threads:
            thread.start()
        self._register()

    def end(self) -> None:
        """Stop writing."""
        self._stop.set()
        self._server.shutdown()
        for thread in self._threads:
            thread.join()
        self._server.server_close()

    # ---- the metrics that autoscalers read ------------------------------------------------------

    def _metrics(self) -> ThreadingHTTPServer:
        folder = self.lab.folder
        key, certificate = folder / "metrics.key", folder / "metrics.crt"
        files = ("-keyout", str(key), "-out", str(certificate))
        subprocess.run(
            [
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "1",
                "-subj",
                "/CN=metrics",
                *files,
            ],
            check=True,
            capture_output=True,
        )
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        return server

    def _register(self) -> None:
        port = self._server.server_address[1]
        service = {"type": "ExternalName", "externalName": "127.0.0.1", "ports": [{"port": port}]}
        where = {"name": "metrics", "namespace": "kube-system"}
        spec = {
            "group": "metrics.k8s.io",
            "version": "v1beta1",
            "service": {**where, "port": port},
            "insecureSkipTLSVerify": True,
            "groupPriorityMinimum": 100,
            "versionPriority": 100,
        }
        self._apply({"apiVersion": "v1", "kind": "Service", "metadata": where, "spec": service})
        head = {"name": "v1beta1.metrics.k8s.io"}
        api = {
            "apiVersion": "apiregistration.k8s.io/v1",
            "kind": "APIService",
            "metadata": head,
            "spec": spec,
        }
        self._apply(api)

    def usage(self, namespace: str, labels: str) -> Object:
        """What pods use: little, but a whole core each where `busy` is in the label selector."""
        cpu = "1" if self.busy and self.busy in labels else "60m"
        pods = self.cluster.list("v1", "Pod", namespace, labels=labels)
        return {"kind": "PodMetricsList", "apiVersion": METRICS, "items": [_used(pod, cpu) for pod in pods]}

    # ---- rollouts and volumes -------------------------------------------------------------------

    def _reconcile(self) -> None:
        with ThreadPoolExecutor(4) as threads:
            while not self._stop.wait(0.5):
                rollouts = self.cluster.list("argoproj.io/v1alpha1", "Rollout")
                list(threads.map(self._roll_out, rollouts))
                claims = self.cluster.list("v1", "PersistentVolumeClaim")
                list(threads.map(self._provide, claims))

    def _roll_out(self, rollout: Mapping[str, Any]) -> None:
        """Keep one ReplicaSet at the rollout's scale, and report what became of it.

        A rollout without replicas gets one, as from the real controller: its scale could not be read.
        """
        if rollout["metadata"].get("deletionTimestamp"):
            return
        head, wanted = rollout["metadata"], rollout["spec"].get("replicas")
        if wanted is None:
            self._patch(rollout, "", {"spec": {"replicas": 1}})
            return
        found = self.cluster.get("apps/v1", "ReplicaSet", head["name"], head["namespace"])
        if found is None or found["spec"]["replicas"] != wanted:
            self._apply(_replica_set(rollout, wanted))
        ready = ((found or {}).get("status") or {}).get("readyReplicas", 0)
        status = _status(rollout, wanted, ready)
        if status != {name: (rollout.get("status") or {}).get(name) for name in status}:
            self._patch(rollout, "/status", {"status": status})

    def _provide(self, claim: Mapping[str, Any]) -> None:
        if (claim.get("status") or {}).get("phase") == "Bound":
            return
        head, spec = claim["metadata"], claim["spec"]
        volume = {
            "capacity": {"storage": spec["resources"]["requests"]["storage"]},
            "accessModes": spec["accessModes"],
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": spec.get("storageClassName", ""),
            "claimRef": {"namespace": head["namespace"], "name": head["name"]},
            "hostPath": {"path": f"/{head['namespace']}/{head['name']}"},
        }
        name = {"name": f"{head['namespace']}-{head['name']}"}
        self._apply({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": name, "spec": volume})

    def _apply(self, body: Mapping[str, Any]) -> None:
        answer = self.cluster.apply(body, manager="lab-writers")
        assert isinstance(answer, Applied), answer

    def _patch(self, body: Mapping[str, Any], sub: str, patch: Object) -> None:
        head = {name: body["metadata"][name] for name in ("name", "namespace")}
        path = self.cluster.path(body["apiVersion"], body["kind"], head["name"], head["namespace"])
        whole = {"apiVersion": body["apiVersion"], "kind": body["kind"], "metadata": head, **patch}
        query = {"fieldManager": f"rollouts-controller{sub.replace('/', '-')}", "force": "true"}
        self.cluster.request("PATCH", f"{path}{sub}", query, whole, APPLY)


def _used(pod: Mapping[str, Any], cpu: str) -> Object:
    head = {name: pod["metadata"][name] for name in ("name", "namespace")}
    used = {"cpu": cpu, "memory": "10Mi"}
    containers = [{"name": one["name"], "usage": used} for one in pod["spec"]["containers"]]
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"metadata": head, "timestamp": now, "window": "1s", "containers": containers}


def _replica_set(rollout: Mapping[str, Any], replicas: int) -> Object:
    head, spec = rollout["metadata"], rollout["spec"]
    owner = {name: rollout[name] for name in ("apiVersion", "kind")}
    owner |= {"name": head["name"], "uid": head["uid"], "controller": True}
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {"name": head["name"], "namespace": head["namespace"], "ownerReferences": [owner]},
        "spec": {"replicas": replicas, "selector": spec["selector"], "template": spec["template"]},
    }


def _status(rollout: Mapping[str, Any], wanted: int, ready: int) -> Object:
    labels = rollout["spec"]["selector"]["matchLabels"]
    return {
        "observedGeneration": str(rollout["metadata"]["generation"]),
        "phase": "Healthy" if ready >= wanted else "Progressing",
        "replicas": wanted,
        "HPAReplicas": wanted,
        "selector": ",".join(f"{key}={value}" for key, value in sorted(labels.items())),
    }


def _handler(writers: Writers) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            parts = url.path.strip("/").split("/")
            if parts[-1] == "pods" and "namespaces" in parts:
                labels = parse_qs(url.query).get("labelSelector", [""])[0]
                body = writers.usage(parts[parts.index("namespaces") + 1], labels)
            else:
                body = _discovery()
            text = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    return Handler


def _discovery() -> Object:
    row = {
        "name": "pods",
        "singularName": "",
        "namespaced": True,
        "kind": "PodMetrics",
        "verbs": ["get", "list"],
    }
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": METRICS, "resources": [row]}
