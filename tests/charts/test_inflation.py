"""Inflation: a platform whose charts the real helm renders into generated/."""

import pytest

from dharma import environment
from dharma.build import Plan, build
from dharma.charts import inflation
from dharma.charts.lock import LOCK, unresolved
from dharma.errors import RenderError
from dharma.gate import check
from tests.charts.samples import CHART, DEFINITION, LAMP, LAMP_REFERENCE


def built(platform, *, cached=False):
    (target,) = environment.load(platform.root).targets
    (found,) = build(Plan(platform.root, workers=1, cached=cached), [target])
    return found


def lamp(found):
    return {
        (manifest.kind, manifest.name): manifest
        for manifest in found.manifests
        if manifest.folder.startswith("lamp/charts/lamp")
    }


def application(found, name):
    (body,) = (one.body for one in found.manifests if one.kind == "Application" and one.name == name)
    return body


def refused(platform, error=RenderError):
    with pytest.raises(error) as stop:
        built(platform)
    return [str(problem) for problem in stop.value.problems]


def with_template(text, name="extra.yaml", **files: str):
    return {**LAMP, f"templates/{name}": text, **files}


CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra}\ndata: {x: %s}\n"


def test_a_charts_objects_stand_in_the_tree_with_the_line_that_declared_it(platform, pack):
    platform.lock((LAMP_REFERENCE, pack()))
    found = built(platform)
    objects = lamp(found)
    assert set(objects) == {
        ("CustomResourceDefinition", "bulbs.lamp.example"),
        ("Deployment", "lamp"),
        ("Job", "prepare"),
    }
    line = CHART.splitlines().index("        self.release(") + 1
    assert {(one.source.file, one.source.line) for one in objects.values()} == {
        ("components/lamp/chart.py", line)
    }
    assert "production/region-a/lamp/charts/lamp/deployment-lamp.yaml" in found.files()
    assert (
        "production/region-a/lamp/charts/lamp/crds/customresourcedefinition-bulbs.lamp.example.yaml"
        in found.files()
    )
    assert objects["Deployment", "lamp"].namespace == "light"
    assert objects["Deployment", "lamp"].body["spec"]["replicas"] == 2


def test_argo_cd_is_pointed_at_the_folder_and_the_components_own_application_leaves_it_out(platform, pack):
    platform.lock((LAMP_REFERENCE, pack()))
    found = built(platform)
    chart = application(found, "chart-lamp")["spec"]["source"]
    assert chart["path"] == "generated/production/region-a/lamp/charts/lamp"
    assert "chart" not in chart
    assert application(found, "lamp")["spec"]["source"]["directory"]["exclude"] == "charts/*"
    assert application(found, "root")["spec"]["source"]["directory"]["exclude"] == "charts/*"
    assert "exclude" not in application(found, "tenancy")["spec"]["source"]["directory"]
    (project,) = (one.body for one in found.manifests if one.name == "platform-system")
    assert project["spec"]["sourceRepos"] == ["https://git.platform.example/p.git"]
    assert (found.charts, len(found.releases)) == (0, 2)


def test_a_reference_leaves_the_chart_to_argo_cd(platform):
    platform.settings()
    found = built(platform)
    assert not lamp(found)
    assert application(found, "chart-lamp")["spec"]["source"]["chart"] == "lamp"
    assert "exclude" not in application(found, "lamp")["spec"]["source"]["directory"]
    assert found.charts == 2
    assert unresolved(platform.root, found.releases) == 2


def test_the_gate_sees_every_object_of_the_chart(platform, pack):
    from datetime import date

    platform.lock((LAMP_REFERENCE, pack()))
    targets = environment.load(platform.root).targets
    plan = Plan(platform.root, workers=1)
    report = check(plan, build(plan, targets), targets, date(2026, 1, 1), whole=True)
    found = {one.rule for one in report.findings if one.subject == "apps/Deployment/light/lamp"}
    assert "workloads/run-as-non-root" in found
    assert report.charts == 0


def test_two_renderings_are_the_same_to_the_byte(platform, pack, monkeypatch, tmp_path):
    platform.lock((LAMP_REFERENCE, pack()))
    first = built(platform).files()
    assert first == built(platform).files()
    data = pack(), platform.pack("argo-cd", "10.1.1", {"templates/role.yaml": "{}"})
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other"))
    platform.lock((LAMP_REFERENCE, data[0]))
    assert first == built(platform).files()


def test_helm_is_not_started_again_for_what_was_rendered(platform, pack, monkeypatch):
    platform.lock((LAMP_REFERENCE, pack()))
    first = built(platform).files()
    monkeypatch.setattr(inflation, "_template", None)
    assert built(platform).files() == first
    platform.settings(charts="inflate", components={"tenancy": {}, "lamp": {"replicas": 3}, "argocd": {}})
    with pytest.raises(TypeError):
        built(platform)


def test_the_render_cache_knows_the_lock(platform, pack, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    platform.lock((LAMP_REFERENCE, pack()))
    assert built(platform, cached=True).fresh
    assert not built(platform, cached=True).fresh
    platform.lock((LAMP_REFERENCE, pack(files={**LAMP, "templates/more.yaml": CONFIG % "y1"})))
    again = built(platform, cached=True)
    assert again.fresh
    assert ("ConfigMap", "extra") in lamp(again)


@pytest.mark.parametrize("held", ["nothing is locked", "nothing is held"])
def test_a_chart_that_is_not_held_stops_the_build(platform, pack, held, monkeypatch, tmp_path):
    platform.lock(*([(LAMP_REFERENCE, pack())] if held == "nothing is held" else []))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "empty"))
    (first, *_) = refused(platform)
    assert "dharma charts vendor" in first


def test_values_are_held_against_the_charts_schema_first(platform, pack):
    platform.lock((LAMP_REFERENCE, pack(files=with_template("{{ fail `never reached` }}"))))
    platform.settings(charts="inflate", components={"tenancy": {}, "lamp": {"replicas": 0}, "argocd": {}})
    (said,) = refused(platform)
    assert said.startswith("components/lamp/chart.py:7:1: chart lamp 1.0.0: value replicas: 0 is less than")


RANDOM = {
    "random text": "{{ randAlphaNum 8 | quote }}",
    "a clock": "{{ now | quote }}",
    "an identity": "{{ uuidv4 | quote }}",
    "a certificate": '{{ (genCA "x" 1).Cert | quote }}',
    "from a template in values": "{{ tpl .Values.wild . | quote }}",
}


@pytest.mark.parametrize("call", RANDOM.values(), ids=RANDOM)
def test_a_random_function_that_is_called_is_refused_with_its_line(platform, pack, call):
    values = LAMP["values.yaml"] + "wild: '{{ randAlphaNum 5 }}'\n"
    platform.lock((LAMP_REFERENCE, pack(files=with_template(CONFIG % call, **{"values.yaml": values}))))
    (said,) = refused(platform)
    assert "calls a random function" in said
    assert "templates/extra.yaml:4" in said or "values.yaml:4" in said


def test_a_random_function_that_is_never_called_does_no_harm(platform, pack):
    text = CONFIG % "{{ if .Values.absent }}{{ randAlphaNum 8 }}{{ else }}y1{{ end }}"
    platform.lock((LAMP_REFERENCE, pack(files=with_template(text))))
    assert ("ConfigMap", "extra") in lamp(built(platform))


ALLOWED = '{"randAlphaNum": "a password is always given"}'


@pytest.mark.parametrize(
    ("call", "stable"),
    [
        pytest.param("{{ .Values.replicas | default (randAlphaNum 8) | quote }}", True, id="stable"),
        pytest.param("{{ randAlphaNum 8 | quote }}", False, id="not stable"),
        pytest.param("{{ .Values.replicas | default uuidv4 | quote }}", False, id="another function"),
    ],
)
def test_an_allowed_function_is_taken_only_if_the_output_is_stable(platform, pack, call, stable):
    (platform.root / "components/lamp/chart.py").write_text(CHART.replace("RANDOM", ALLOWED))
    platform.lock((LAMP_REFERENCE, pack(files=with_template(CONFIG % call))))
    if stable:
        assert lamp(built(platform))["ConfigMap", "extra"].body["data"] == {"x": "2"}
    else:
        assert len(refused(platform)) == 1


def test_lists_in_any_order_are_found_out(platform, pack):
    keys = "{{ $d := dict }}{{ range until 40 }}{{ $_ := set $d (printf `k%d` .) 1 }}{{ end }}"
    platform.lock((LAMP_REFERENCE, pack(files=with_template(CONFIG % (keys + "{{ keys $d | join `-` }}")))))
    assert "renders otherwise each time" in refused(platform)[0]
    platform.lock(
        (LAMP_REFERENCE, pack(files=with_template(CONFIG % (keys + "{{ keys $d | sortAlpha | join `-` }}"))))
    )
    assert built(platform)


MISTAKES = {
    "a field that the kind has not": (CONFIG.replace("data", "dat") % "y1", "dat"),
    "a secret with data": (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\nstringData: {a: b}\n",
        "carries data",
    ),
    "an object twice": (CONFIG % "y1" + "---\n" + CONFIG % "y1", "stands twice"),
    "an object without name": (
        "apiVersion: v1\nkind: Pod\nmetadata: {generateName: x-}\n",
        "without metadata.name",
    ),
    "a namespace that nobody makes": (
        (CONFIG % "y1").replace("{name: extra}", "{name: extra, namespace: dark}"),
        "which nobody makes",
    ),
    "a kind that nothing defines": (
        "apiVersion: candle.example/v1\nkind: Wick\nmetadata: {name: x}\n",
        "no component brings",
    ),
    "a chart that fails": ("{{ fail `light is out` }}", "light is out"),
    "no YAML": ("a: [\n", "YAML"),
}


@pytest.mark.parametrize(("text", "said"), MISTAKES.values(), ids=MISTAKES)
def test_what_the_platform_refuses_it_refuses_of_a_chart_too(platform, pack, text, said):
    platform.lock((LAMP_REFERENCE, pack(files=with_template(text))))
    found = refused(platform)
    assert any(said in line for line in found), found
    assert all(line.startswith("components/lamp/chart.py:7") for line in found), found


def test_a_custom_resource_needs_its_definition_before_it(platform, pack):
    bulb = "apiVersion: lamp.example/v1\nkind: Bulb\nmetadata: {name: ceiling}\nspec: {watts: 5}\n"
    platform.lock((LAMP_REFERENCE, pack(files=with_template(bulb))))
    assert lamp(built(platform))["Bulb", "ceiling"].namespace == "light"
    without = {path: text for path, text in with_template(bulb).items() if path != "crds/bulbs.yaml"}
    platform.lock((LAMP_REFERENCE, pack(files=without)))
    (said,) = refused(platform)
    assert "would be synced in wave" in said


def test_charts_are_told_kubernetes_and_the_kinds_before_them(platform, pack):
    text = CONFIG % (
        "{{ .Capabilities.KubeVersion.Version }}-{{ .Release.Name }}-{{ .Release.Namespace }}"
        "-{{ .Capabilities.APIVersions.Has `lamp.example/v1/Bulb` }}"
    )
    role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: argo}\nrules: []\n"
    if_known = "{{ if .Capabilities.APIVersions.Has `lamp.example/v1/Bulb` }}" + role + "{{ end }}"
    platform.lock((LAMP_REFERENCE, pack(files=with_template(text))))
    assert lamp(built(platform))["ConfigMap", "extra"].body["data"]["x"] == "v1.34.0-lamp-light-false"
    from tests.charts.samples import ARGO_CD

    argo = pack("argo-cd", "10.1.1", {"templates/role.yaml": if_known})
    platform.lock((LAMP_REFERENCE, pack()), (ARGO_CD, argo))
    assert "argo" in {one.name for one in built(platform).manifests if one.kind == "ClusterRole"}


def test_another_helm_than_the_locks_is_refused(platform, pack):
    platform.lock((LAMP_REFERENCE, pack(files=with_template(CONFIG % "another"))))
    path = platform.root / LOCK
    path.write_text(path.read_text().replace("helm: v3", "helm: v2"))
    (said, *_) = refused(platform)
    assert "charts.lock was written with v2" in said


def test_registry_takes_every_image_of_an_inflated_chart(platform, pack):
    from dharma.charts.images import named

    platform.lock((LAMP_REFERENCE, pack()))
    platform.settings(charts="inflate", registry="mirror.example/platform")
    found = named(one.body for one in built(platform).manifests)
    assert found == ["mirror.example/platform/lamp/lamp:1.0", "mirror.example/platform/lamp/prepare:1"]


def test_yaml_words_of_charts_stay_what_kubernetes_takes_them_for(platform, pack):
    role = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: extra, annotations: {since: 2020-01-01, time: 12:30}}
spec:
  paused: yes
  selector: {matchLabels: {app: x}}
  template:
    metadata: {labels: {app: x}}
    spec:
      containers: [{name: x, image: x}]
      volumes: [{name: x, configMap: {name: x, defaultMode: 0644}}]
"""
    platform.lock((LAMP_REFERENCE, pack(files=with_template(role))))
    body = lamp(built(platform))["Deployment", "extra"].body
    assert body["spec"]["paused"] is True
    assert body["spec"]["template"]["spec"]["volumes"][0]["configMap"]["defaultMode"] == 420
    assert body["metadata"]["annotations"] == {"since": "2020-01-01", "time": "12:30"}


def test_a_definition_of_two_charts_is_refused(platform, pack):
    twice = {**LAMP, "templates/bulbs.yaml": DEFINITION}
    platform.lock((LAMP_REFERENCE, pack(files=twice)))
    assert "stands twice" in refused(platform)[0]


def test_an_unsafe_chart_name_is_refused_before_helm_is_started(platform, monkeypatch):
    monkeypatch.setattr(inflation, "_template", None)
    text = CHART.replace("RANDOM", "{}").replace('chart="lamp"', 'chart=".."')
    (platform.root / "components/lamp/chart.py").write_text(text)
    platform.lock()
    assert "is no name of a chart" in refused(platform)[0]
