"""Mirror: every image and chart listed, copied by the real crane and helm, and taken from there."""

import hashlib
import io
import json
import subprocess
import tarfile

import pytest

from dharma import environment
from dharma.build import Plan, build
from dharma.charts import images, store
from dharma.charts.lock import Entry, Lock, write
from dharma.charts.mirror import contents, fill
from dharma.charts.reference import Reference
from dharma.charts.repository import mirrored, pull
from tests.charts.samples import LAMP, LAMP_REFERENCE, has


@pytest.fixture(scope="session")
def image(registry, tmp_path_factory):
    """Pushes an image of one small layer, and answers with the digest of its manifest."""

    def pushed(name: str, text: str) -> str:
        layer = tmp_path_factory.mktemp("layer") / "layer.tar"
        with tarfile.open(layer, "w") as made:
            entry = tarfile.TarInfo("file")
            entry.size = len(text)
            made.addfile(entry, io.BytesIO(text.encode()))
        crane("append", "--new_layer", str(layer), "--new_tag", f"{registry}/{name}")
        return f"sha256:{hashlib.sha256(crane('manifest', f'{registry}/{name}')).hexdigest()}"

    return pushed


def crane(*arguments: str) -> bytes:
    return subprocess.run([has("crane"), *arguments], check=True, capture_output=True).stdout


def files(registry, digest):
    """A chart whose images lie in the registry on loopback: one by tag, one by tag and digest."""
    values = f"replicas: 1\nimage: {{repository: '{registry}/up/lamp', tag: '1.0'}}\n"
    hook = LAMP["templates/hook.yaml"].replace("quay.io/lamp/prepare:1", f"{registry}/up/prepare:1@{digest}")
    return {**LAMP, "values.yaml": values, "templates/hook.yaml": hook}


@pytest.fixture
def made(platform, registry, image, pack):
    """A platform all of whose images can be had, and the digests they have."""
    digests = image("up/lamp:1.0", "lamp"), image("up/prepare:1", "prepare")
    platform.lock((LAMP_REFERENCE, pack(files=files(registry, digests[1]))))
    return platform, digests


def listed(platform, registry):
    return contents(platform.root, environment.load(platform.root).targets, f"{registry}/mirror")


def test_images_and_charts_are_listed_with_digest_or_unresolved(made, registry, pack):
    platform, (_, prepare) = made
    found = listed(platform, registry)
    rows = {(item.kind, item.destination): item.digest for item in found.items}
    chart = store.digest(pack(files=files(registry, prepare)))
    assert rows["chart", f"{registry}/mirror/charts/argo-cd:10.1.1"].startswith("sha256:")
    assert rows["image", f"{registry}/mirror/up/lamp:1.0"] == "unresolved"
    assert rows["image", f"{registry}/mirror/up/prepare:1@{prepare}"] == prepare
    assert rows["chart", f"{registry}/mirror/charts/lamp:1.0.0"] == chart
    assert (found.unresolved, found.unknown) == (1, 0)


def test_a_filled_mirror_serves_the_same_bytes(made, registry):
    platform, (lamp, prepare) = made
    items, problems = fill(platform.root, listed(platform, registry).items, f"{registry}/mirror")
    assert not problems
    assert {item.digest for item in items if item.kind == "image"} == {lamp, prepare}
    assert crane("digest", f"{registry}/mirror/up/lamp:1.0").decode().strip() == lamp
    charts = {item.reference: item.digest for item in items if item.reference}
    for reference, digest in charts.items():
        assert store.digest(pull(reference, f"{registry}/mirror")) == digest
        assert mirrored(reference, f"{registry}/mirror").oci


def test_registry_takes_everything_from_where_the_mirror_put_it(made, registry):
    platform, _ = made
    wanted = {item.destination for item in listed(platform, registry).items if item.kind == "image"}
    platform.settings(charts="inflate", registry="mirror.example/mirror")
    targets = environment.load(platform.root).targets
    (found,) = build(Plan(platform.root, workers=1), targets)
    there = {
        image.replace("mirror.example", registry)
        for image in images.named(one.body for one in found.manifests)
    }
    assert there == wanted
    platform.settings(registry="mirror.example/mirror")
    (found,) = build(Plan(platform.root, workers=1), environment.load(platform.root).targets)
    sources = [one.body["spec"]["source"] for one in found.manifests if one.kind == "Application"]
    assert {one["repoURL"] for one in sources if "chart" in one} == {"mirror.example/mirror/charts"}


def test_the_list_is_the_same_with_and_without_a_registry(made, registry):
    platform, _ = made
    before = listed(platform, registry)
    platform.settings(charts="inflate", registry="mirror.example/mirror")
    assert listed(platform, registry) == before


def test_another_image_than_the_pinned_one_is_refused(made, registry, pack):
    platform, (lamp, _) = made
    other = "sha256:" + "c" * 64
    platform.lock((LAMP_REFERENCE, pack(files=files(registry, other))))
    items, problems = fill(platform.root, listed(platform, registry).items, f"{registry}/mirror")
    (problem,) = problems
    assert "prepare" in str(problem)
    assert lamp in {item.digest for item in items}


def test_charts_that_are_not_held_are_counted_and_not_copied(platform, registry):
    reference = Reference("https://charts.example", "lamp", "1.0.0")
    platform.settings()
    platform.lock()
    found = listed(platform, registry)
    assert (found.unknown, found.unresolved) == (1, 1)
    _, problems = fill(
        platform.root, [item for item in found.items if item.reference == reference], "x.example/y"
    )
    assert "is not held" in str(problems[0])


def test_the_command_lists_and_copies(made, registry, run):
    _, (lamp, _) = made
    command = ("mirror", "--to", f"{registry}/second", "--format", "json")
    code, out, err = run(*command, "--list")
    assert code == 0, err
    assert json.loads(out)["unresolved"] == 1
    code, out, err = run(*command)
    assert code == 0, err
    found = json.loads(out)
    assert found["unresolved"] == 0
    assert lamp in {item["digest"] for item in found["items"]}


@pytest.mark.parametrize("to", ["", "host-without-path", "https://x.example/y", "x.example/../y", "--list/x"])
def test_a_registry_that_is_none_is_refused(run, to):
    code, _, err = run("mirror", "--list", f"--to={to}")
    assert code == 2
    assert "is no registry" in err


def test_an_unresolved_lock_lists_the_chart_as_unresolved(platform, registry):
    platform.settings()
    write(platform.root, Lock("v3.0.0", {LAMP_REFERENCE: Entry(LAMP_REFERENCE)}))
    assert {item.digest for item in listed(platform, registry).items} == {"unresolved"}
