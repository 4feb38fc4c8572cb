"""What a rollback cannot bring back, from two trees in a real Git repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from dharma.delivery.git import Git
from dharma.delivery.loss import losses
from tests.unit.ringed import git

SET = """\
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: orders, namespace: shop}
spec:
  template: {spec: {containers: [{name: db, image: "db:%s"}]}}
  volumeClaimTemplates: [{metadata: {name: data}, spec: {resources: {requests: {storage: %s}}}}]
"""
CLAIM = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: cache, namespace: shop}
spec: {resources: {requests: {storage: %s}}}
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {template: {spec: {containers: [{name: web, image: "web:%s"}], volumes: [%s]}}}
"""
DEFINITION = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.dev}
spec: {versions: [%s]}
"""
JOB = """\
apiVersion: batch/v1
kind: Job
metadata: {name: migrate-%s, namespace: shop, annotations: {argocd.argoproj.io/hook: PreSync}}
spec: {}
"""
CHART = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: chart-db, namespace: argocd}
spec: {source: {chart: db, targetRevision: %s}}
"""
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n"
DATABASE = """\
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: {name: ledger, namespace: shop, annotations: {argocd.argoproj.io/sync-options: "Prune=confirm"}}
"""
ONE, BOTH = (
    "{name: v1, served: true, storage: true}",
    "{name: v1, served: true}, {name: v2, served: true, storage: true}",
)
SERVED = "{name: v1, served: true, storage: true}, {name: v2, served: true}"
CLAIMED = "{name: data, persistentVolumeClaim: {claimName: cache}}"


@pytest.fixture
def repository(tmp_path: Path) -> Git:
    git(tmp_path, "init", "--quiet")
    return Git.around(tmp_path)


def _tree(repository: Git, *texts: str) -> str:
    names = []
    for number, text in enumerate(texts):
        blob = repository.run("hash-object", "-w", "--stdin", text=text)
        names.append(f"100644 blob {blob}\t{number}.yaml")
    return repository.run("mktree", text="\n".join(names))


@pytest.mark.parametrize(
    ("now", "then", "said"),
    [
        pytest.param([NAMESPACE], [], ["Namespace shop: goes, with everything in it"], id="namespace"),
        pytest.param([SET % ("2", "2Gi")], [], ["StatefulSet shop/orders: goes; what it wrote"],
                     id="stateful set"),
        pytest.param([CLAIM % "2Gi"], [], ["PersistentVolumeClaim shop/cache: goes; whether"], id="claim"),
        pytest.param([DATABASE], [], ["Cluster shop/ledger: goes once that is confirmed"], id="database"),
        pytest.param([SET % ("2", "2Gi")], [SET % ("1", "2Gi")], ["its volumes stay as db:2 left them"],
                     id="image"),
        pytest.param([SET % ("1", "2Gi")], [SET % ("1", "1Gi")], ["keeps 2Gi for data: volumes never shrink"],
                     id="smaller volume"),
        pytest.param([SET % ("1", "1Gi")], [SET % ("1", "2Gi")], [], id="larger volume"),
        pytest.param([CLAIM % "1Ti"], [CLAIM % "1Gi"], ["keeps 1Ti for its volume"], id="smaller claim"),
        pytest.param([DEPLOYMENT % ("2", CLAIMED)], [DEPLOYMENT % ("1", CLAIMED)], ["as web:2 left them"],
                     id="deployment with a volume"),
        pytest.param([DEPLOYMENT % ("2", "")], [DEPLOYMENT % ("1", "")], [], id="deployment without"),
        pytest.param([DEFINITION % BOTH], [DEFINITION % ONE], ["cannot go back: objects are stored as v2"],
                     id="stored version"),
        pytest.param([DEFINITION % SERVED], [DEFINITION % ONE], ["no longer serves v2"], id="served version"),
        pytest.param([DEFINITION % ONE], [DEFINITION % SERVED], [], id="version comes back"),
        pytest.param([DEFINITION % ONE], [], ["goes, and with it every object of its kind"], id="definition"),
        pytest.param([JOB % "2"], [JOB % "1"], ["Job shop/migrate-2: is not there then; what it did"],
                     id="migration"),
        pytest.param([CHART % "2.0.0"], [CHART % "1.0.0"], ["chart db 2.0.0: is back to 1.0.0"], id="chart"),
        pytest.param([CHART % "2.0.0", NAMESPACE], [NAMESPACE, CHART % "2.0.0"], [], id="other file names"),
        pytest.param([], [SET % ("1", "1Gi"), NAMESPACE, JOB % "1"], [], id="what is new"),
    ],
)  # fmt: skip
def test_what_is_lost_is_said(repository, now, then, said):
    found = [str(loss) for loss in losses(repository, _tree(repository, *now), _tree(repository, *then))]
    assert len(found) == len(said), found
    assert all(part in text for part, text in zip(said, found, strict=True)), found
