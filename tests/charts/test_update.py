"""Updates: what another version of a chart changes, told before anything is written."""

import json

import pytest

from dharma import environment
from dharma.charts import store
from dharma.charts.difference import between
from dharma.charts.lock import read
from dharma.charts.reference import LOCK, Reference
from dharma.charts.releases import used
from dharma.charts.update import chosen, together
from tests.charts.samples import BASE, CHART, DEFINITION, DEPLOYMENT

SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: {{ .Release.Name }}}
spec: {selector: {app: lamp}, ports: [{port: 80}]}
"""
BULBS = "apiextensions.k8s.io/CustomResourceDefinition//bulbs.lamp.example"
NEXT = {
    "values.yaml": "replicas: 2\nimage: {repository: lamp/lamp, tag: '2.0'}\nnew: 1\n",
    "templates/deployment.yaml": DEPLOYMENT.replace(
        "spec:\n  replicas", "spec:\n  paused: false\n  replicas"
    ),
    "templates/service.yaml": SERVICE,
    "crds/bulbs.yaml": DEFINITION.replace(", colour: {type: string}", ""),
}


def declare(platform, served, **options: object):
    lamp = {"repository": served.url, **options}
    platform.settings(components={"tenancy": {}, "lamp": lamp, "argocd": {}})


@pytest.fixture
def versions(platform, served, pack):
    """Two versions in the repository; the first is declared and locked."""
    old = served.add(pack())
    new = served.add(pack(version="1.1.0", files=NEXT), version="1.1.0")
    declare(platform, served, version="1.0.0")
    platform.lock((old, pack()))
    return old, new


@pytest.mark.usefixtures("versions")
def test_a_bump_tells_objects_images_definitions_and_values(run):
    code, out, err = run("charts", "update", "lamp")
    assert code == 0, err
    assert out.splitlines() == [
        "lamp 1.0.0 → 1.1.0",
        "  production/region-a lamp",
        "    + /Service/light/lamp",
        "    - batch/Job/light/prepare",
        f"    ~ {BULBS}: spec.versions.0.schema.openAPIV3Schema.properties.spec.properties.colour",
        "    ~ apps/Deployment/light/lamp: spec.paused, spec.template.spec.containers.0.image",
        "    image + docker.io/lamp/lamp:2.0",
        "    image - docker.io/lamp/lamp:1.0",
        "    image - quay.io/lamp/prepare:1",
        "    definition lost bulbs.lamp.example v1: spec.colour",
        "    value gone, and we set it: old.shade",
    ]


@pytest.mark.usefixtures("versions")
def test_a_bump_writes_nothing_unless_it_is_asked_to(platform, run):
    before = {path: path.read_bytes() for path in platform.root.rglob("*") if path.is_file()}
    assert run("charts", "update", "lamp")[0] == 0
    assert {path: path.read_bytes() for path in platform.root.rglob("*") if path.is_file()} == before


def test_writing_locks_the_new_archive_and_sets_the_version_where_it_stands(versions, platform, pack, run):
    old, new = versions
    code, _, err = run("charts", "update", "lamp", "--write")
    assert code == 0, err
    lock = read(platform.root)
    assert old not in lock.entries
    assert lock.entry(new).digest == store.digest(pack(version="1.1.0", files=NEXT))
    base = json.loads((platform.root / "environments/base.yaml").read_text())
    assert base["components"]["lamp"]["version"] == "1.1.0"
    assert "environments/base.yaml: components.lamp.version is 1.1.0" in err
    assert run("charts", "verify")[0] == 0


def test_a_version_that_is_a_default_is_left_to_a_person_with_its_line(platform, served, pack, run):
    platform.lock((served.add(pack()), pack()))
    served.add(pack(version="1.1.0", files=NEXT), version="1.1.0")
    declare(platform, served)
    _, _, err = run("charts", "update", "lamp", "--write")
    assert "components/lamp/options.py:9: write 1.1.0 as the default" in err


def test_a_version_in_the_chart_itself_is_left_to_a_person_with_its_line(platform, served, pack, run):
    platform.lock((served.add(pack()), pack()))
    served.add(pack(version="1.1.0", files=NEXT), version="1.1.0")
    text = CHART.replace("RANDOM", "{}").replace("version=self.options.version", 'version="1.0.0"')
    (platform.root / "components/lamp/chart.py").write_text(text)
    declare(platform, served)
    _, _, err = run("charts", "update", "lamp", "--write")
    assert "components/lamp/chart.py:7:1: lamp has its version here: write 1.1.0" in err


@pytest.mark.usefixtures("versions")
def test_an_exact_version_may_be_asked_for_and_the_same_one_is_nothing(run):
    code, out, _ = run("charts", "update", "lamp", "--to", "1.0.0")
    assert (code, out) == (0, "nothing to update\n")
    code, out, err = run("charts", "update", "lamp", "--to", "9.9.9")
    assert code == 3
    assert "chart lamp 9.9.9" in err


@pytest.mark.usefixtures("versions")
def test_machines_are_told_what_breaks(run):
    _, out, _ = run("charts", "update", "lamp", "--format", "json")
    (chart,) = json.loads(out)["charts"]
    assert (chart["from"], chart["to"], chart["breaking"]) == ("1.0.0", "1.1.0", True)
    assert chart["releases"]["production/region-a lamp"]["lost"] == ["old.shade"]


@pytest.mark.usefixtures("versions")
def test_an_unknown_name_is_answered_with_the_nearest(run):
    code, _, err = run("charts", "update", "lamb")
    assert code == 2
    assert "lamp" in err


def test_list_tells_what_is_unresolved(platform, served, run):
    platform.lock()
    declare(platform, served)
    _, out, _ = run("charts", "list", "--format", "json")
    found = {row["chart"]: row["digest"] for row in json.loads(out)["charts"]}
    assert found["lamp"] == "unresolved"
    assert found["argo-cd"].startswith("sha256:")
    assert "1 charts are unresolved" in run("charts", "list")[2]


def test_vendor_fetches_what_is_declared_and_fails_loudly_for_the_rest(platform, served, pack, run):
    served.add(pack())
    declare(platform, served)
    platform.lock()
    code, out, err = run("charts", "vendor")
    assert (code, out) == (0, "charts.lock: 1 fetched, 1 held, 0 failed\n"), err
    (served.folder / "index.yaml").unlink()
    declare(platform, served, version="1.1.0")
    code, out, err = run("charts", "vendor")
    assert (code, out) == (3, "charts.lock: 0 fetched, 1 held, 1 failed\n")
    assert "1 charts are unresolved" in err


FAULTS = {
    "an archive tampered with": "holds other bytes",
    "an archive that is gone": "is locked, but not held",
    "a chart without entry": "is missing",
    "an entry that nobody declares": "is declared by no target",
    "values that break the schema": "value replicas",
    "an unresolved chart that is inflated": "is unresolved, and production/region-a inflates it",
}


@pytest.mark.parametrize(("fault", "said"), FAULTS.items(), ids=FAULTS)
def test_verify_exits_1_for(fault, said, platform, served, pack, run, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    reference = served.add(pack())
    declare(platform, served)
    platform.lock((reference, pack()))
    assert run("charts", "verify")[0] == 0
    lock, held = platform.root / LOCK, store._cache() / store._file(store.digest(pack()))
    if fault == "an archive tampered with":
        held.write_bytes(b"x")
    elif fault == "an archive that is gone":
        held.unlink()
    elif fault == "a chart without entry":
        platform.lock()
    elif fault == "an entry that nobody declares":
        platform.lock((reference, pack()), (Reference("https://charts.example", "old", "1.0.0"), b"x"))
    elif fault == "values that break the schema":
        declare(platform, served, replicas=0)
    else:
        lock.write_text(lock.read_text().replace(store.digest(pack()), "unresolved"))
        lamp = {"repository": served.url}
        platform.settings(charts="inflate", components=BASE["components"] | {"lamp": lamp})
    code, _, err = run("charts", "verify")
    assert code == 1, err
    assert said in err


def test_releases_that_share_the_option_of_their_version_move_together(repository):
    targets = environment.load(repository).select(["production/region-a"])
    several = used(repository, targets)
    moving = together(several, chosen(several, "istiod"))
    assert {one.release.chart for one in moving} == {"base", "cni", "istiod", "gateway"}
    alone = together(several, chosen(several, "prometheus-operator-crds"))
    assert [one.release.chart for one in alone] == ["prometheus-operator-crds"]


def test_two_versions_for_one_option_are_refused_when_charts_share_it(versions, platform, pack, served, run):
    shade = (
        '        self.release("shade", repository=self.options.repository, chart="shade", namespace="light",'
    )
    text = CHART.replace("RANDOM", "{}").replace(
        "        self.object(", f"{shade} version=self.options.version)\n        self.object("
    )
    (platform.root / "components/lamp/chart.py").write_text(text)
    for version in ("1.0.0", "1.2.0"):
        served.add(pack("shade", version, {}), "shade", version)
    code, _, err = run("charts", "update", "lamp", "--write")
    assert code == 2
    assert "components.lamp.version: is shared by charts that would get" in err
    assert read(platform.root).entry(versions[0]).resolved


def test_a_removed_version_or_definition_is_told_as_a_whole():
    def definition(*versions: str) -> dict[str, object]:
        names = [{"name": name, "served": True, "schema": {}} for name in versions]
        spec = {"group": "g.example", "names": {"kind": "K"}, "versions": names}
        api = "apiextensions.k8s.io/v1"
        return {
            "apiVersion": api,
            "kind": "CustomResourceDefinition",
            "metadata": {"name": "k"},
            "spec": spec,
        }

    from dharma.charts.archive import Chart

    charts = Chart({}, {}), Chart({}, {})
    old = [definition("v1", "v2")]
    assert between(old, [definition("v2")], charts, []).definitions == ("k v1: the whole version",)
    assert between(old, [], charts, []).definitions == ("k: the whole definition",)
    assert between(old, old, charts, []).definitions == ()
