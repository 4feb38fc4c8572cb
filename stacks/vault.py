"""Vault: the first secrets of Vault or OpenBao, by which it unseals itself; everything else it keeps."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from dharma.conventions import KEPT
from dharma.stacks import configuration
from dharma.stacks.cluster import Site
from dharma.stacks.namespaces import declared, namespace


def vault(site: Site, ready: Sequence[pulumi.Resource]) -> list[pulumi.Resource]:
    """The namespace and the secret, where `vaultSeal` is configured."""
    if not configuration.has(configuration.SEAL):
        return []
    name = site.configuration.vault_namespace
    body = declared(site.rendered, name) or namespace(site.target, name)
    home = site.object(body, after=ready)
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": site.configuration.vault_secret, "namespace": name, "annotations": dict(KEPT)},
        "type": "Opaque",
        "stringData": configuration.secret_map(configuration.SEAL),
    }
    return [home, site.object(secret, after=[home])]
