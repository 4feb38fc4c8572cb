"""Namespaces that several components work in become one, large enough for all of them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

from dharma.options import PlatformNamespace, PodSecurity
from dharma.values import amount

_LEVELS: tuple[PodSecurity, ...] = ("restricted", "baseline", "privileged")


def merged(several: Iterable[Iterable[PlatformNamespace]]) -> list[PlatformNamespace]:
    """Every namespace once, by name."""
    shared: dict[str, list[PlatformNamespace]] = {}
    for namespaces in several:
        for namespace in namespaces:
            shared.setdefault(namespace.name, []).append(namespace)
    return [reduce(_both, shared[name]) for name in sorted(shared)]


def _both(one: PlatformNamespace, other: PlatformNamespace) -> PlatformNamespace:
    return PlatformNamespace(
        one.name,
        max(one.pod_security, other.pod_security, key=_LEVELS.index),
        one.inject or other.inject,
        f"{int((amount(one.cpu) + amount(other.cpu)) * 1000)}m",
        f"{int((amount(one.memory) + amount(other.memory)) / 2**20)}Mi",
        one.pods + other.pods,
    )
