"""Editors check files by JSON Schema, Dharma by pydantic: on any file both must say the same."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from dharma import document
from dharma.declared import Declared
from dharma.environment import plain_with_nulls
from dharma.filekinds import file_kinds, json_schema
from dharma.platform import platform

ROOT = Path(__file__).parents[2]
MUTATIONS = 400
KINDS = file_kinds(platform(ROOT))
FILES = {
    "environment": [f"{name}.yaml" for name in ("base", "development", "staging", "production")],
    "tenants": ["tenants.yaml"],
    "service": [
        path.relative_to(ROOT / "environments").as_posix()
        for path in sorted((ROOT / "environments" / "services").glob("*.yaml"))
    ],
}
# Kinds of which the shipped platform needs no file.
SAMPLES: dict[str, Any] = {
    "waivers": {
        "waivers": [
            {
                "rule": "images/placeholder",
                "scope": {"targets": ["staging/*"], "objects": ["apps/Deployment/shop/*"]},
                "owner": "shop",
                "ticket": "SHOP-1",
                "reason": "The image is built next week.",
                "granted": "2026-11-01",
                "expires": "2026-12-01",
            }
        ]
    },
    "enforcement": {
        "enforcement": {
            "images": {"level": "warn"},
            "images/placeholder": {
                "level": "audit",
                "environments": {"production": {"level": "deny", "regions": {"region-b": {"level": "warn"}}}},
            },
        }
    },
}
Slot = tuple[Any, Any]


def content(file: str) -> Any:
    return plain_with_nulls(document.read(ROOT, ROOT / "environments" / file))


@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_in_the_repository_is_what_the_models_say(kind):
    text = (ROOT / "schemas" / f"{kind}.json").read_text()
    assert json.loads(text) == json_schema(kind, KINDS[kind]), "run `dharma schema --write`"


@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_is_a_valid_schema(kind):
    Draft202012Validator.check_schema(json_schema(kind, KINDS[kind]))


@pytest.mark.parametrize(("kind", "file"), [(kind, file) for kind, files in FILES.items() for file in files])
def test_a_shipped_file_is_valid_for_both_and_names_its_schema(kind, file):
    data = content(file)
    assert _pydantic(KINDS[kind], data)
    assert Draft202012Validator(json_schema(kind, KINDS[kind])).is_valid(data)
    first = (ROOT / "environments" / file).read_text().splitlines()[0]
    schema = first.removeprefix("# yaml-language-server: $schema=")
    assert ((ROOT / "environments" / file).parent / schema).resolve() == ROOT / "schemas" / f"{kind}.json"


@pytest.mark.parametrize("file", FILES["service"])
def test_a_service_is_declared_in_twenty_to_thirty_lines(file):
    assert 20 <= len((ROOT / "environments" / file).read_text().splitlines()) <= 30


@pytest.mark.parametrize("kind", KINDS)
def test_schema_and_models_give_the_same_verdict_on_mutated_files(kind):
    validator = Draft202012Validator(json_schema(kind, KINDS[kind]))
    verdicts = {True: 0, False: 0}
    for what, data in _mutated(kind):
        verdict = _pydantic(KINDS[kind], data)
        assert validator.is_valid(data) == verdict, what
        verdicts[verdict] += 1
    assert sum(verdicts.values()) >= MUTATIONS
    assert min(verdicts.values()) >= MUTATIONS // 20, verdicts


def _pydantic(model: type[Declared], data: Any) -> bool:
    try:
        model.model_validate(data)
    except ValidationError:
        return False
    return True


def _mutated(kind: str) -> Iterator[tuple[str, Any]]:
    """Seeded changes of the shipped files, each at one place."""
    chance = random.Random(f"{kind} 7391")
    sources = [content(file) for file in FILES[kind]] if kind in FILES else [SAMPLES[kind]]
    for _ in range(MUTATIONS):
        data = copy.deepcopy(chance.choice(sources))
        owner, key = chance.choice(list(_slots(data)))
        name, change = chance.choice(CHANGES)
        before = copy.deepcopy(owner[key])
        change(owner, key, chance)
        yield f"{name} at {key!r}, which was {before!r}", data


def _slots(value: Any) -> Iterator[Slot]:
    for key, part in value.items() if isinstance(value, dict) else enumerate(value):
        yield value, key
        if isinstance(part, dict | list):
            yield from _slots(part)


def _replace(owner: Any, key: Any, chance: random.Random) -> None:
    owner[key] = chance.choice(
        [True, 1, -1, 0, 1.5, 70_000, 10**30, "", "x", "A B", [], [1], ["x"], {}, {"x": 1}]
    )


def _erase(owner: Any, key: Any, _: random.Random) -> None:
    owner[key] = None


def _drop(owner: Any, key: Any, _: random.Random) -> None:
    del owner[key]


def _add(owner: Any, _: Any, chance: random.Random) -> None:
    name = chance.choice(["unknown", "Unknown", "tenant", "x", "a.b", "-"])
    if isinstance(owner, dict):
        owner[name] = chance.choice([None, {}, "x", 1])
    else:
        owner.append(chance.choice([None, {}, "x", 1]))


def _rename(owner: Any, key: Any, chance: random.Random) -> None:
    if isinstance(owner, dict):
        owner[chance.choice([f"{key}x", f"{key}_", str(key).upper(), f"{key}é"])] = owner.pop(key)


def _garble(owner: Any, key: Any, chance: random.Random) -> None:
    """Text with one character changed, numbers moved over their limits."""
    value = owner[key]
    if isinstance(value, str):
        place = chance.randrange(len(value) + 1)
        owner[key] = (
            value[:place]
            + chance.choice(["", "-", ".", "/", " ", "A", "0", "é", "$", "x" * 600])
            + value[place:]
        )
    elif isinstance(value, int | float) and not isinstance(value, bool):
        owner[key] = chance.choice([-value, value * 100 + 1, value + 0.5, str(value)])


def _nest(owner: Any, key: Any, chance: random.Random) -> None:
    owner[key] = chance.choice([[owner[key]], {"x": owner[key]}, {str(key): owner[key]}])


CHANGES = [
    ("wrong type", _replace),
    ("null", _erase),
    ("missing", _drop),
    ("unknown key", _add),
    ("renamed key", _rename),
    ("garbled value", _garble),
    ("extra nesting", _nest),
]
