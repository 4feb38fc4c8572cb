"""What helm prints, made fit for Argo CD."""

import pytest

from dharma.charts import objects
from dharma.charts.objects import Malformed, shaped, unfolded
from dharma.schemas.native import Native

SCOPE = Native("1.34").scope


def thing(kind="ConfigMap", api="v1", name="x", notes=None, **fields: object):
    head = {"name": name} | ({"annotations": notes} if notes else {})
    return {"apiVersion": api, "kind": kind, "metadata": head, **fields}


def bulbs(**spec: object):
    spec = {"group": "lamp.example", "names": {"kind": "Bulb"}, "scope": "Namespaced"} | spec
    return thing("CustomResourceDefinition", "apiextensions.k8s.io/v1", "bulbs.lamp.example", spec=spec)


def one(body):
    (found,) = shaped([body], "light", SCOPE)
    return found


def notes_of(body):
    found = shaped([body], "light", SCOPE)
    return found[0]["metadata"].get("annotations") if found else None


HOOKS = {
    "before installing": (
        {"helm.sh/hook": "pre-install"},
        {"argocd.argoproj.io/hook": "PreSync", "argocd.argoproj.io/hook-delete-policy": "BeforeHookCreation"},
    ),
    "before installing and upgrading is one phase": (
        {"helm.sh/hook": "pre-install, pre-upgrade", "helm.sh/hook-weight": "-3"},
        {
            "argocd.argoproj.io/hook": "PreSync",
            "argocd.argoproj.io/hook-delete-policy": "BeforeHookCreation",
            "argocd.argoproj.io/sync-wave": "-3",
        },
    ),
    "after, and gone when it succeeded": (
        {"helm.sh/hook": "post-install", "helm.sh/hook-delete-policy": "hook-succeeded,before-hook-creation"},
        {
            "argocd.argoproj.io/hook": "PostSync",
            "argocd.argoproj.io/hook-delete-policy": "HookSucceeded,BeforeHookCreation",
        },
    ),
    "around deletion": (
        {"helm.sh/hook": "post-delete,pre-delete"},
        {
            "argocd.argoproj.io/hook": "PreDelete,PostDelete",
            "argocd.argoproj.io/hook-delete-policy": "BeforeHookCreation",
        },
    ),
    "a test among others": (
        {"helm.sh/hook": "test,post-install", "mine": "stays"},
        {
            "mine": "stays",
            "argocd.argoproj.io/hook": "PostSync",
            "argocd.argoproj.io/hook-delete-policy": "BeforeHookCreation",
        },
    ),
    "kept for ever": (
        {"helm.sh/resource-policy": "keep"},
        {"argocd.argoproj.io/sync-options": "Prune=false,Delete=false"},
    ),
    "an old definition's hook": ({"helm.sh/hook": "crd-install"}, None),
}


@pytest.mark.parametrize(("notes", "wanted"), HOOKS.values(), ids=HOOKS)
def test_hooks_of_helm_become_hooks_of_argo_cd(notes, wanted):
    assert notes_of(thing("Job", "batch/v1", notes=notes)) == wanted


@pytest.mark.parametrize(
    "hook", ["test", "test-success", "test-failure,test", "pre-rollback", "post-rollback"]
)
def test_tests_and_rollbacks_are_left_out(hook):
    assert shaped([thing("Pod", notes={"helm.sh/hook": hook})], "light", SCOPE) == []


def test_definitions_come_first_and_are_never_pruned():
    found = shaped([thing(), bulbs(), thing(name="y")], "light", SCOPE)
    assert [body["kind"] for body in found] == ["CustomResourceDefinition", "ConfigMap", "ConfigMap"]
    assert found[0]["metadata"]["annotations"] == {
        "argocd.argoproj.io/sync-wave": "-5",
        "argocd.argoproj.io/sync-options": "Prune=false,Delete=false",
    }


def test_objects_without_namespace_get_the_releases_unless_they_are_of_the_cluster():
    assert one(thing())["metadata"]["namespace"] == "light"
    assert "namespace" not in one(thing("ClusterRole", "rbac.authorization.k8s.io/v1"))["metadata"]
    there = thing()
    there["metadata"]["namespace"] = "kube-system"
    assert one(there)["metadata"]["namespace"] == "kube-system"
    assert "namespace" not in one(thing("Bulb", "lamp.example/v1"))["metadata"], "its scope is unknown"


def test_definitions_tell_scopes_and_what_is_served():
    versions = [{"name": "v1", "served": True}, {"name": "v0", "served": False}]
    assert objects.scopes([bulbs(versions=versions)]) == {("lamp.example", "Bulb"): "Namespaced"}
    assert objects.served([bulbs(versions=versions)]) == ["lamp.example/v1", "lamp.example/v1/Bulb"]


def test_lists_are_unfolded_and_their_items_need_not_say_their_kind():
    bare = {"metadata": {"name": "a"}}
    nested = {"kind": "List", "apiVersion": "v1", "items": [thing(name="b"), {"kind": "List", "items": []}]}
    found = list(unfolded([{"kind": "RoleList", "apiVersion": "x/v1", "items": [bare]}, nested]))
    assert [(body["kind"], body["metadata"]["name"]) for body in found] == [("Role", "a"), ("ConfigMap", "b")]


@pytest.mark.parametrize(
    "document",
    [
        "text",
        ["list"],
        {"kind": "ConfigMap", "metadata": {"name": "x"}},
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "x-"}},
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": 5}},
        {"apiVersion": "v1", "kind": "Pod", "metadata": None},
        {"kind": "List", "items": ["text"]},
    ],
    ids=str,
)
def test_what_is_no_named_object_is_refused(document):
    with pytest.raises(Malformed):
        list(unfolded([document]))
