"""dharma schemas: the repository's own catalogue of custom resource schemas."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dharma.cli.terminal import note, say

if TYPE_CHECKING:
    from dharma.schemas.sources import Sourced

_EPILOG = """\b
Examples:
  dharma schemas add --crds charts/istio/crds        from definitions in files
  dharma schemas add --cluster staging-a             from the definitions a cluster has
  dharma schemas add --url 'https://HOST/COMMIT/{group}/{kind}_{version}.json@COMMIT'
  dharma schemas verify                              exit 1 when a schema is not as locked
"""


@click.group(name="schemas", epilog=_EPILOG)
def command() -> None:
    """Fill schemas/crds, where `build` and `check` look first, and verify it against its lock."""


@command.command(name="add", epilog=_EPILOG)
@click.option(
    "--crds",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Convert the CustomResourceDefinitions in its YAML and JSON files.",
)
@click.option("--cluster", metavar="CONTEXT", help="Convert the definitions that kubectl gets there.")
@click.option(
    "--url",
    metavar="TEMPLATE@COMMIT",
    help="Fetch what the platform uses and lacks; the address holds {group}, {kind}, {version} and a commit.",
)
@click.pass_obj
def add(directory: str | None, crds: Path | None, cluster: str | None, url: str | None) -> None:
    """Write strict JSON Schemas of served versions into schemas/crds, and their hashes into crds.lock.

    The lock names each schema's source.
    """
    from dharma.errors import InputError, Problem
    from dharma.repository import root_of
    from dharma.schemas import lock, sources

    root = root_of(directory)
    if [crds, cluster, url].count(None) != 2:  # noqa: PLR2004 - one of three
        raise InputError([Problem("schemas add", "needs one of --crds, --cluster and --url")])
    if crds:
        found = sources.from_folder(crds)
    elif cluster:
        found = sources.from_cluster(cluster)
    else:
        found = _fetched(root, str(url))
    if found:
        lock.add(root, found)
    say(f"wrote {len(found)} schemas into {lock.FOLDER}")


def _fetched(root: Path, url: str) -> Sourced:
    from dharma.schemas import sources

    template = sources.address(url)
    lacking = _lacking(root)
    for api_version, kind in lacking:
        note(f"lacks {kind} of {api_version}")
    return sources.from_address(template, lacking)


def _lacking(root: Path) -> list[tuple[str, str]]:
    """Custom kinds of the rendered platform that no folder has a schema of, as apiVersion and kind."""
    from dharma import environment
    from dharma.admission.definition import known
    from dharma.build import Plan, build
    from dharma.repository import schema_folders
    from dharma.schemas.catalogue import Catalogue
    from dharma.schemas.native import Native

    targets = environment.load(root).targets
    catalogue, native = Catalogue(schema_folders(root)), Native(targets[0].cluster.kubernetes)
    bodies = [one.body for found in build(Plan(root, ()), targets) for one in found.manifests]
    kinds = {(str(body["apiVersion"]), str(body["kind"])) for body in bodies}
    return sorted(
        (api, kind)
        for api, kind in kinds
        if not (native.serves(api.rpartition("/")[0]) or catalogue.find(api, kind) or known(api, kind))
    )


@command.command(name="verify", epilog=_EPILOG)
@click.pass_obj
def verify(directory: str | None) -> None:
    """Hold schemas/crds against schemas/crds.lock; exit 1 when they differ."""
    from dharma.errors import DriftError
    from dharma.repository import root_of
    from dharma.schemas import lock

    root = root_of(directory)
    if problems := list(lock.drift(root)):
        raise DriftError(problems)
    say(f"{len(lock.read_lock(root))} schemas are as locked")
