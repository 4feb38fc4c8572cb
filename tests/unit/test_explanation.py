from __future__ import annotations

from pathlib import Path

import pytest

from dharma import environment
from dharma.declared import reading
from dharma.errors import InputError
from dharma.explanation import explain
from dharma.layer import leaves

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def shipped():
    return environment.load(ROOT)


def lines(target, path):
    return list(explain(target, path).lines())


def test_a_scalar_shows_every_line_that_set_it_oldest_first(small):
    small.append("services/checkout.yaml", "environments: {production: {replicas: {min: 3}}}\n")
    assert lines(small.target("production/region-a"), "services.checkout.replicas.min") == [
        "services.checkout.replicas.min: 3",
        "    environments/base.yaml:9:19               2",
        "    environments/services/checkout.yaml:8:45  3",
    ]


def test_what_no_file_sets_is_a_default_of_a_model(small):
    explanation = explain(small.target("production/region-a"), "services.checkout.traffic.retries")
    assert (explanation.value, explanation.steps, explanation.default) == (2, (), True)
    assert list(explanation.lines()) == [
        "services.checkout.traffic.retries: 2",
        "    default of Traffic.retries",
    ]


def test_a_removed_value_shows_who_removed_it(small):
    small.append("base.yaml", "  rollout: {canary: {pause: 1m}}\n")
    small.append("services/checkout.yaml", "rollout: null\n")
    assert lines(small.target("production/region-a"), "services.checkout.rollout") == [
        "services.checkout.rollout: null",
        "    environments/base.yaml:10:12              a map",
        "    environments/services/checkout.yaml:8:10  removed",
    ]


def test_a_removed_entry_of_a_map_is_still_explained(small):
    small.append(
        "services/checkout.yaml", "variables: {A: x}\nenvironments: {production: {variables: {A: null}}}\n"
    )
    explanation = explain(small.target("production/region-a"), "services.checkout.variables.A")
    assert explanation.value is None
    assert [value for _, value in explanation.steps] == ["x", None]
    assert not explanation.default


def test_a_value_below_a_removed_part_shows_the_removal(small):
    small.append("base.yaml", "  traffic: {timeout: 9s}\n")
    small.append("production.yaml", "serviceDefaults: {traffic: null}\n")
    explanation = explain(small.target("production/region-a"), "services.checkout.traffic.timeout")
    assert (explanation.value, explanation.default) == ("5s", True)
    assert [value for _, value in explanation.steps] == [None]


def test_a_part_shows_all_leaves_below(small):
    shown = lines(small.target("production/region-a"), "services.checkout.replicas")
    assert [line for line in shown if not line.startswith(" ")] == [
        "services.checkout.replicas.min: 2",
        "services.checkout.replicas.max: 4",
        "services.checkout.replicas.cpu: 70",
    ]


def test_a_list_is_one_value(small):
    shown = lines(small.target("production/region-a"), "cluster.zones")
    assert shown[0] == "cluster.zones: [a1, a2, a3]"
    assert explain(small.target("production/region-a"), "cluster.zones.1").value == "a2"


def test_what_follows_from_file_names_is_no_default(small):
    assert lines(small.target("production/region-a"), "regionName") == [
        "regionName: region-a",
        "    follows from the names of files and regions",
    ]


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("services.chekout", "services has no 'chekout'\n    Did you mean 'checkout'?"),
        (
            "services.checkout.replicas.minimum",
            "services.checkout.replicas has no 'minimum'\n    Did you mean 'min'?",
        ),
        ("cluter", "production/region-a has no 'cluter'\n    Did you mean 'cluster'?"),
        ("domain.x", "domain has no 'x'"),
        ("cluster.zones.9", "cluster.zones has no '9'"),
    ],
)
def test_an_unknown_path_is_an_input_error_with_a_hint(small, path, hint):
    with pytest.raises(InputError) as caught:
        explain(small.target("production/region-a"), path)
    assert hint in str(caught.value)


def test_every_leaf_that_a_file_sets_is_explained_by_the_line_that_won(shipped):
    target = shipped.targets[-1]
    for path, leaf in leaves(target.tree):
        if leaf.origin is None or any(part.isdecimal() for part in path):
            continue
        explanation = explain(target, ".".join(path))
        assert explanation.steps[-1][0] == leaf.origin
        assert explanation.value == leaf.value


def test_the_whole_target_is_explained_leaf_by_leaf(shipped):
    explanation = explain(shipped.targets[0], "")
    assert len(explanation.below) > 500
    assert all(
        leaf.default or leaf.steps or leaf.path in ("environment", "regionName") for leaf in explanation.below
    )


def test_explaining_reads_nothing_of_the_declarations(shipped):
    with reading(set()) as reads:
        explain(shipped.targets[0], "services")
    assert not reads


def test_an_explanation_is_json_shaped(small):
    found = explain(small.target("production/region-a"), "services.checkout.replicas.min").as_dict()
    assert found == {
        "path": "services.checkout.replicas.min",
        "value": 2,
        "steps": [{"where": "environments/base.yaml:9:19", "value": 2}],
        "default": False,
    }
