"""A platform of four targets in three rings, with one component of its own, in a real Git repository."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

BASE = """\
domain: platform.example
organisation: dharma
gitops: {repository: "%s", credentials: repository-credentials}
identity: {issuer: https://id.example, clientId: kubernetes, adminGroup: platform-admins}
components:
  tenancy: {}
  probe: {message: first}
"""
REGION = """\
  region-%(letter)s:
    role: %(role)s
    location: Frankfurt
    residency: eu
    cluster:
      id: %(name)s-%(letter)s
      provider: eks
      kubernetes: "1.34"
      ring: %(ring)s
      kubeContext: lab
      network: {pods: 10.%(n)s.0.0/16, services: 10.%(n)s1.0.0/16, nodes: 10.%(n)s2.0.0/20,
                apiServer: 10.%(n)s2.0.1/32}
      zones: [a1, a2, a3]
"""
TENANTS = """\
tenants:
  shop:
    description: The shop.
    costCentre: cc-100
    contact: {email: shop@platform.example}
    groups: {admin: [shop-admins]}
    quota: {cpu: "20", memory: 40Gi, storage: 100Gi, pods: 100}
    budget: {monthly: 1000}
"""
OPTIONS = '''\
"""Options of component `probe`."""

from __future__ import annotations

from typing import ClassVar

from dharma.options import Options, PlatformNamespace
from dharma.values import Items, Text


class ProbeOptions(Options):
    """What users may set of probe."""

    chart: ClassVar[str] = f"{__package__}.chart:Probe"
    requires: ClassVar[tuple[str, ...]] = ("tenancy",)
    brings: ClassVar[tuple[str, ...]] = ("argoproj.io/Application",)

    message: Text = "hello"
    versions: Items[Text] = ()
    """Versions of a custom resource definition; there is none without."""
    wide: bool = False
    """Whether there is a role that a rule denies."""

    def namespaces(self) -> tuple[PlatformNamespace, ...]:
        return (PlatformNamespace("argocd"),)
'''
CHART = '''\
"""Component `probe`: settings, and the Application that delivers them and itself."""

from __future__ import annotations

from dharma import sequence
from dharma.component import Component, part

from .options import ProbeOptions

NAMESPACE = "argocd"


class Probe(Component[ProbeOptions]):
    """Settings under the target's name, so that several targets may share a cluster."""

    name = "probe"

    def declare(self) -> None:
        self.settings()
        self.application()
        if self.options.wide:
            self.role()
        if self.options.versions:
            self.definition()

    @part
    def definition(self) -> None:
        names = {"kind": "Gadget", "plural": "gadgets", "singular": "gadget"}
        schema = {"openAPIV3Schema": {"type": "object"}}
        versions = [
            {"name": name, "served": True, "storage": name == self.options.versions[-1], "schema": schema}
            for name in self.options.versions
        ]
        spec = {"group": "lab.dharma.dev", "scope": "Namespaced", "names": names, "versions": versions}
        kind = ("apiextensions.k8s.io/v1", "CustomResourceDefinition")
        self.object(*kind, "gadgets.lab.dharma.dev", spec=spec)

    @part
    def settings(self) -> None:
        data = {"message": self.options.message}
        self.object("v1", "ConfigMap", self._name(), namespace=NAMESPACE, data=data)

    @part
    def role(self) -> None:
        rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["*"]}]
        kind = ("rbac.authorization.k8s.io/v1", "Role")
        self.object(*kind, self._name(), namespace=NAMESPACE, rules=rules)

    @part
    def application(self) -> None:
        target = self.target
        source = {
            "repoURL": target.gitops.repository,
            "targetRevision": target.branch,
            "path": f"{target.gitops.path}/{target.name}/probe",
            "directory": {"recurse": True},
        }
        spec = {
            "project": "platform-system",
            "source": source,
            "destination": {"server": "https://kubernetes.default.svc", "namespace": NAMESPACE},
            "syncPolicy": {
                "automated": {"prune": True, "selfHeal": True, "allowEmpty": False},
                "syncOptions": ["ServerSideApply=true", "PruneLast=true"],
                "retry": {"limit": 1, "backoff": {"duration": "10s", "factor": 2, "maxDuration": "5m"}},
            },
        }
        wave = {"argocd.argoproj.io/sync-wave": str(sequence.own_wave(1))}
        kind = ("argoproj.io/v1alpha1", "Application")
        self.object(*kind, self._name(), namespace=NAMESPACE, annotations=wave, spec=spec)

    def _name(self) -> str:
        return self.target.name.replace("/", "-")
'''
TARGETS = {"development": {"a": 0}, "staging": {"a": 1}, "production": {"a": 2, "b": 2}}


def git(folder: Path, *arguments: object) -> str:
    """Git in a folder, as somebody."""
    names = ("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL")
    who = dict(zip(names, ("ops", "ops", "ops@platform.example", "ops@platform.example"), strict=True))
    command = ["git", *map(str, arguments)]
    done = subprocess.run(
        command, cwd=folder, env=os.environ | who, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout.strip()


class Ringed:
    """A checkout in `root`, whose default branch is pushed to a bare `remote` where there is one."""

    def __init__(
        self, folder: Path, *, remote: bool = True, url: str = "https://git.example/platform.git"
    ) -> None:
        self.root = folder / "platform"
        self.remote = folder / "remote.git" if remote else None
        self._write(url)
        git(folder, "init", "--quiet", "--initial-branch=main", self.root)
        for name, value in (("user.name", "ops"), ("user.email", "ops@platform.example")):
            git(self.root, "config", name, value)
        if self.remote:
            git(folder, "init", "--quiet", "--bare", "--initial-branch=main", self.remote)
            git(self.root, "remote", "add", "origin", self.remote)

    def _write(self, url: str) -> None:
        self.write("environments/base.yaml", BASE % url)
        self.write("environments/tenants.yaml", TENANTS)
        number = 0
        for name, letters in TARGETS.items():
            regions = []
            for letter, ring in letters.items():
                number += 1
                role = "primary" if letter == "a" else "secondary"
                words = {"letter": letter, "name": name, "role": role, "ring": ring, "n": number}
                regions.append(REGION % words)
            self.write(f"environments/{name}.yaml", f"description: {name}.\nregions:\n{''.join(regions)}")
        self.write("components/probe/__init__.py", '"""Component `probe`."""\n')
        self.write("components/probe/options.py", OPTIONS)
        self.write("components/probe/chart.py", CHART)
        self.write(".gitignore", "__pycache__/\n")

    def write(self, name: str, text: str) -> Path:
        """A file of the checkout."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def swap(self, name: str, old: str, new: str) -> None:
        """Change a file of environments/ in one place."""
        path = self.root / "environments" / name
        text = path.read_text()
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
        path.write_text(text.replace(old, new))

    def say(self, message: str) -> str:
        """Change what every target's settings say, build and merge that; its commit."""
        path = self.root / "environments" / "base.yaml"
        path.write_text(re.sub(r"message: \w+", f"message: {message}", path.read_text()))
        return self.merge()

    def versions(self, *names: str) -> str:
        """Give every target a custom resource definition of these versions, and merge that; its commit."""
        path = self.root / "environments" / "base.yaml"
        text = re.sub(
            r"message: (\w+)[^}]*", rf"message: \1, versions: [{', '.join(names)}]", path.read_text()
        )
        path.write_text(text)
        return self.merge()

    def merge(self) -> str:
        """Build, commit and push everything; the commit."""
        from dharma import environment, tree
        from dharma.build import Plan, build, merged_files
        from dharma.repository import schema_folders

        fleet = environment.load(self.root)
        built = build(Plan(self.root, schema_folders(self.root)), fleet.targets)
        tree.write(self.root / "generated", merged_files(built), [""])
        return self.commit()

    def commit(self) -> str:
        """Commit and push the checkout as it is; the commit."""
        git(self.root, "add", "--all")
        git(self.root, "commit", "--quiet", "--allow-empty", "--message=change")
        if self.remote:
            git(self.root, "push", "--quiet", "origin", "main")
        return git(self.root, "rev-parse", "HEAD")

    def tip(self, branch: str) -> str:
        """Where a deploy branch is that counts: at the remote if there is one; empty for nowhere."""
        found = git(
            self.remote or self.root, "for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}"
        )
        return found.partition("\n")[0]

    def tips(self) -> dict[str, str]:
        """Every deploy branch and its tip."""
        names = git(
            self.remote or self.root, "for-each-ref", "--format=%(refname:short)", "refs/heads/deploy"
        )
        return {name: self.tip(name) for name in names.split()}
