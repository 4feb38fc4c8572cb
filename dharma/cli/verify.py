"""dharma verify: hold what runs in clusters against what is declared."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dharma.cli.terminal import note, progress, safe, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dharma.build import Built, Plan
    from dharma.cluster import Cluster
    from dharma.drift import Verification
    from dharma.target import Target

_EVERY = 100
_EPILOG = """\b
Examples:
  dharma verify production/region-a                      context: the target's kubeContext
  dharma verify production/region-a --kubeconfig FILE --context NAME
  dharma verify production --format markdown             every target of an environment
  dharma verify production --format prometheus --output /var/lib/node_exporter/dharma.prom
  dharma verify production/region-a --print-role         what a verifier must be allowed
\b
Exit codes: 0 as declared, 1 drift or denied, 2 bad input, 3 a cluster could not be asked.
"""


@click.command(name="verify", epilog=_EPILOG)
@click.argument("targets", nargs=-1, required=True, metavar="TARGET...")
@click.option(
    "--kubeconfig",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Use this kubeconfig instead of $KUBECONFIG or ~/.kube/config.",
)
@click.option("--context", metavar="NAME", help="Use this context instead of the target's kubeContext.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "markdown", "prometheus"]),
    default="table",
    show_default=True,
    help="How to report.",
)
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write there."
)
@click.option(
    "--manager",
    default="argocd-controller",
    show_default=True,
    metavar="NAME",
    help="Field manager that applies the target.",
)
@click.option(
    "--all-kinds", is_flag=True, help="Look for foreign objects among all kinds that the cluster has."
)
@click.option(
    "--print-role", is_flag=True, help="Print the least role that a verifier needs; ask no cluster."
)
@click.option("--read-only", is_flag=True, help="With --print-role: without patch, for local comparison.")
@click.pass_obj
def command(
    directory: str | None,
    targets: tuple[str, ...],
    kubeconfig: Path | None,
    context: str | None,
    form: str,
    output: Path | None,
    manager: str,
    all_kinds: bool,
    print_role: bool,
    read_only: bool,
) -> None:
    """Compare what is declared with what runs, object by object, as Argo CD's server-side diff does.

    Reports drift, missing, foreign and unhealthy objects, and rules that live objects break. Nothing is
    changed in any cluster: objects are tried as dry runs, or compared here where that is not allowed.
    """
    plan, pairs = _built(directory, targets)
    if print_role:
        _print_role(pairs, read_only=read_only)
        return
    _one_cluster(pairs, context)
    found = [
        _verified(plan, target, built, _cluster(target, kubeconfig, context), manager, all_kinds=all_kinds)
        for target, built in pairs
    ]
    _write(_text(found, form), output)
    if not all(one.clean for one in found):
        raise SystemExit(1)


def _built(directory: str | None, names: tuple[str, ...]) -> tuple[Plan, list[tuple[Target, Built]]]:
    from dharma import environment
    from dharma.build import Plan, build
    from dharma.repository import root_of, schema_folders

    root = root_of(directory)
    chosen = environment.load(root).select(names)
    plan = Plan(root, schema_folders(root))
    with progress("rendered", len(chosen)) as step:
        built = build(plan, chosen, lambda one: step(one.target) if one.fresh else None)
    return plan, list(zip(chosen, built, strict=True))


def _one_cluster(pairs: Sequence[tuple[Target, Built]], context: str | None) -> None:
    from dharma.errors import InputError, Problem

    if context is not None and len(pairs) > 1:
        what = f"names one cluster, and {len(pairs)} targets are chosen"
        raise InputError([Problem("--context", what, "Leave it out; each target has its kubeContext.")])


def _cluster(target: Target, kubeconfig: Path | None, context: str | None) -> Cluster:
    from dharma.cluster import Cluster

    return Cluster.connect(kubeconfig, context or target.cluster.kube_context)


def _verified(
    plan: Plan, target: Target, built: Built, cluster: Cluster, manager: str, *, all_kinds: bool
) -> Verification:
    from datetime import date

    from dharma.drift.verification import Request, verify

    today = date.today()  # noqa: DTZ011 - a day of the user's calendar
    request = Request(plan, target, built, today, manager, all_kinds)
    total = len(built.manifests)
    with progress("compared", total) as step:
        done = 0

        def one(what: str) -> None:
            nonlocal done
            done += 1
            if os.isatty(2):
                step(what)
            elif done % _EVERY == 0:
                step(f"{done} of {total} objects of {target.name}")

        return verify(cluster, request, one)


def _print_role(pairs: Sequence[tuple[Target, Built]], *, read_only: bool) -> None:
    import dharma_rego
    from dharma.drift.role import role

    manifests = [manifest for _, built in pairs for manifest in built.manifests]
    texts = dharma_rego.emit_all(role(manifests, patch=not read_only))
    say("---\n".join(text.decode() for text in texts).rstrip("\n"))


def _text(found: Sequence[Verification], form: str) -> str:
    import json
    from datetime import date

    from dharma.report import drift, drift_metrics

    if form == "json":
        day = date.today().isoformat()  # noqa: DTZ011 - a day of the user's calendar
        return json.dumps(drift.document(found, day), indent=2) + "\n"
    if form == "prometheus":
        return drift_metrics.text(found)
    if form == "markdown":
        return drift.markdown(found)
    return "".join(f"{line}\n" for one in found for line in drift.lines(one))


def _write(text: str, output: Path | None) -> None:
    """Print, or replace a file as a whole: a collector may read it at any moment."""
    if output is None:
        say(text.rstrip("\n"))
        return
    try:
        handle, temporary = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name}.")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(safe(text))
        Path(temporary).chmod(0o644)
        Path(temporary).replace(output)
    except OSError as error:
        from dharma.errors import InputError, Problem

        raise InputError([Problem(str(output), f"cannot be written: {error.strerror}")]) from None
    note(f"wrote {output}")
