"""Configuration: what a stack is told, typed, and held against the environment files.

Secrets are never part of it: `secret` gives them as Pulumi secrets, and one in plain text is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime.config import CONFIG, is_config_secret
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from dharma.delivery.pulumi import MEND, PROJECT, derived, file_of, read
from dharma.errors import DeclarationError, Origin, Problem
from dharma.layer import Node, find
from dharma.spelling import nearest
from dharma.target import Target
from dharma.values import Name, Text

REDIS, REPOSITORY_PASSWORD, REPOSITORY_KEY = "redisPassword", "repositoryPassword", "repositoryKey"
SIGN_IN, SEAL = "oidcClientSecret", "vaultSeal"
SECRETS = (REDIS, REPOSITORY_PASSWORD, REPOSITORY_KEY, SIGN_IN, SEAL)


class Configuration(BaseModel):
    """The plain settings of a stack; the first three follow from the declarations."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel)

    target: Text
    cluster: Name
    kube_context: Text
    protect: bool = True
    """Whether what hurts when lost is protected; a stack is destroyed only after it is set to false."""
    repository_username: Text = "git"
    vault_namespace: Name = "vault"
    vault_secret: Name = "vault-seal"  # noqa: S105 - a name
    """Secret in that namespace with what `vaultSeal` holds: how Vault or OpenBao unseals itself."""


def configured(root: Path, target: Target) -> Configuration:
    """The running stack's configuration; raises DeclarationError with every problem at once."""
    values = {key.partition(":")[2]: value for key, value in _all().items() if key.startswith(f"{PROJECT}:")}
    places = _Places(target, read(root, target))
    problems = [*_contradictions(target, values, places), *_secret_problems(target, values, places)]
    plain = {key: value for key, value in values.items() if key not in SECRETS}
    try:
        configuration = Configuration.model_validate(plain)
    except ValidationError as error:
        problems += _complaints(error, places)
        raise DeclarationError(problems) from None
    if problems:
        raise DeclarationError(problems)
    return configuration


def has(key: str) -> bool:
    """Whether a secret is set."""
    return f"{PROJECT}:{key}" in _all()


def secret(key: str) -> pulumi.Output[str]:
    """A secret setting; its value is known to Pulumi alone."""
    return pulumi.Config(PROJECT).require_secret(key)


def secret_map(key: str) -> pulumi.Output[Any]:
    """A secret setting that is a JSON map of texts."""
    return pulumi.Config(PROJECT).require_secret_object(key)


def needed(target: Target) -> Iterator[str]:
    """The secrets without which a stack cannot be made."""
    if target.delivery == "direct":
        return
    yield REDIS
    scheme = target.gitops.repository.partition(":")[0]
    if scheme != "file":
        yield REPOSITORY_KEY if scheme == "ssh" else REPOSITORY_PASSWORD


class _Places:
    """Finds a setting's line in the stack's file."""

    def __init__(self, target: Target, tree: Node) -> None:
        self.file = file_of(target).as_posix()
        self.tree = tree

    def of(self, key: str) -> Origin | str:
        node = find(self.tree, ("config", f"{PROJECT}:{key}"))
        return (node.key or node.origin or self.file) if node else self.file


def _all() -> dict[str, Any]:
    return {**pulumi.runtime.get_config_env(), **CONFIG.get()}


def _contradictions(target: Target, values: dict[str, Any], places: _Places) -> Iterator[Problem]:
    for full, wanted in derived(target).items():
        key = full.partition(":")[2]
        said = values.get(key, wanted)
        if said != wanted:
            declared = ", ".join(map(str, sorted(target.origins(_SOURCES[key])))) or "environments/"
            yield Problem(places.of(key), f"{full} is {said!r}, and {declared} says {wanted!r}", MEND)


_SOURCES = {
    "target": ("environment",),
    "cluster": ("cluster", "id"),
    "kubeContext": ("cluster", "kubeContext"),
}


def _secret_problems(target: Target, values: dict[str, Any], places: _Places) -> Iterator[Problem]:
    for key in SECRETS:
        if key in values and not is_config_secret(f"{PROJECT}:{key}"):
            mend = f"Set it anew: pulumi config set --secret {PROJECT}:{key}. Then revoke the old value."
            yield Problem(places.of(key), f"{PROJECT}:{key} is a secret in plain text", mend)
    for key in needed(target):
        if key not in values:
            mend = f"pulumi config set --secret {PROJECT}:{key}"
            yield Problem(places.file, f"the secret {PROJECT}:{key} is missing", mend)


def _complaints(error: ValidationError, places: _Places) -> Iterator[Problem]:
    known = [*SECRETS, *(info.alias or name for name, info in Configuration.model_fields.items())]
    for detail in error.errors(include_input=False):
        key = str(detail["loc"][0])
        if detail["type"] == "missing":
            yield Problem(places.of(key), f"{PROJECT}:{key} is missing", MEND)
        elif detail["type"] == "extra_forbidden":
            yield Problem(places.of(key), f"{PROJECT}:{key} is no setting of a stack", nearest(key, known))
        else:
            yield Problem(places.of(key), f"{PROJECT}:{key}: {detail['msg']}")
