"""Images: which ones objects name, and how a private registry takes their place."""

import pytest

from dharma.charts.images import full, mirrored, named, rewritten

POD = {
    "containers": [
        {
            "name": "a",
            "image": "nginx",
            "args": ["--reloader=quay.io/p/reloader:v1", "--url=https://example.org/a:b", "plain"],
            "env": [{"name": "PROXY", "value": "gcr.io/istio/proxy:1.2"}, {"name": "X", "valueFrom": {}}],
        }
    ],
    "initContainers": [{"name": "b", "image": "quay.io/lamp/init:1@sha256:" + "a" * 64}],
}
OBJECTS = [
    {"kind": "Deployment", "spec": {"template": {"spec": POD}}},
    {"kind": "Prometheus", "spec": {"image": "quay.io/prometheus/prometheus:v3"}},
    {"kind": "Lamp", "spec": {"image": "sunset"}},
]


def test_every_image_is_listed_once_with_its_registry():
    assert named([*OBJECTS, *OBJECTS]) == [
        "docker.io/library/nginx",
        "gcr.io/istio/proxy:1.2",
        "quay.io/lamp/init:1@sha256:" + "a" * 64,
        "quay.io/p/reloader:v1",
        "quay.io/prometheus/prometheus:v3",
    ]


@pytest.mark.parametrize(
    ("image", "whole", "there"),
    [
        ("nginx", "docker.io/library/nginx", "m.example/p/library/nginx"),
        ("nginx:1", "docker.io/library/nginx:1", "m.example/p/library/nginx:1"),
        ("lamp/lamp:1", "docker.io/lamp/lamp:1", "m.example/p/lamp/lamp:1"),
        ("docker.io/nginx", "docker.io/library/nginx", "m.example/p/library/nginx"),
        ("quay.io/a/b@sha256:1", "quay.io/a/b@sha256:1", "m.example/p/a/b@sha256:1"),
        ("localhost:5000/a", "localhost:5000/a", "m.example/p/a"),
        ("reg:5000/a", "reg:5000/a", "m.example/p/a"),
    ],
)
def test_a_mirror_keeps_the_path_without_the_host(image, whole, there):
    assert full(image) == whole
    assert mirrored(image, "m.example/p") == there


def test_rewriting_reaches_every_image_and_nothing_else():
    found = [rewritten(body, "m.example/p") for body in OBJECTS]
    assert all(image.startswith("m.example/p/") for image in named(found))
    container = found[0]["spec"]["template"]["spec"]["containers"][0]
    assert container["args"] == [
        "--reloader=m.example/p/p/reloader:v1",
        "--url=https://example.org/a:b",
        "plain",
    ]
    assert found[2] == OBJECTS[2]


def test_rewriting_twice_changes_nothing():
    once = [rewritten(body, "m.example/p") for body in OBJECTS]
    assert [rewritten(body, "m.example/p") for body in once] == once
