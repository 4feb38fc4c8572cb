"""dharma new: add a component, a service, an environment, a rule or a waiver."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Literal

import click

from dharma.cli.terminal import loud, note, say

if TYPE_CHECKING:
    from pathlib import Path

    from dharma.layer import Node
    from dharma.scaffold import Files

_EPILOG = """\b
Examples:
  dharma new component backup
  dharma new service invoices --tenant shop
  dharma new environment preview
  dharma new environment preview --from staging
  dharma new rule images/signed --kind Deployment --kind argoproj.io/Rollout
  dharma new waiver images/tag --object 'apps/Deployment/shop/*' --owner shop --ticket SHOP-1 \\
      --reason 'moves next month' --days 30
  dharma new pipeline github
  dharma new pipeline gitlab --pin python:3.12=sha256:DIGEST
"""


@click.group(name="new", epilog=_EPILOG)
def command() -> None:
    """Add a component, service, environment, rule, waiver or pipeline: valid at once."""


@command.command(name="component", epilog=_EPILOG)
@click.argument("name")
@click.pass_obj
def component(directory: str | None, name: str) -> None:
    """Write components/NAME/ with options, chart and page, and a test of it."""
    from dharma.platform import platform
    from dharma.repository import root_of
    from dharma.scaffold import written
    from dharma.scaffold.component import component_files

    root = root_of(directory)
    files = component_files(name, platform(root))
    with written(root, files):
        _announce(root, name)
    _tell(files)
    test = list(files)[-1]
    note(
        f"next: pytest {test}; write `{name}: {{}}` under components in environments/base.yaml; dharma build"
    )


def _announce(root: Path, name: str) -> None:
    """In Dharma's own checkout a component is shipped; elsewhere its folder is enough."""
    from dharma import edit
    from dharma.platform import ships
    from dharma.scaffold.component import with_shipped

    if ships(root):
        path = root / "dharma" / "platform.py"
        edit.replace(path, with_shipped(path.read_text(encoding="utf-8"), name))
        say("changed dharma/platform.py")


@command.command(name="service", epilog=_EPILOG)
@click.argument("name")
@click.option("--tenant", required=True, metavar="TENANT", help="The team that owns it.")
@click.option("--description", metavar="TEXT", help="What it does, in one sentence.")
@click.pass_obj
def service(directory: str | None, name: str, tenant: str, description: str | None) -> None:
    """Write environments/services/NAME.yaml for a service of a tenant."""
    from dharma import environment
    from dharma.layer import children
    from dharma.repository import root_of
    from dharma.scaffold.service import service_files

    root = root_of(directory)
    declared = environment.declarations(root)
    tenants = [name for _, node in children(declared.tenants) for name, _ in children(node)]
    what = description or f"The service {name}."
    _add(root, service_files(name, tenant, what, declared.services, tenants), "dharma build")


@command.command(name="environment", epilog=_EPILOG)
@click.argument("name")
@click.option("--from", "source", metavar="ENV", help="Copy this environment's file, with ids of its own.")
@click.pass_obj
def environment(directory: str | None, name: str, source: str | None) -> None:
    """Write environments/NAME.yaml with a cluster in each region of base.yaml, or like another one."""
    from dharma import environment as environments
    from dharma.errors import InputError, Problem
    from dharma.repository import root_of
    from dharma.scaffold.environment import copied_environment, environment_files
    from dharma.spelling import nearest

    root = root_of(directory)
    declared = environments.declarations(root)
    domain, regions = _shared(declared.base)
    if source is None:
        files = environment_files(name, domain, regions, declared.environments)
    elif source in declared.environments:
        files = copied_environment(root, source, name, domain, declared.environments)
    else:
        hint = nearest(source, declared.environments)
        raise InputError([Problem(f"environment {source!r}", "is not declared", hint)])
    _add(root, files, f"look over provider, ring and addresses, then dharma build {name}")


def _shared(base: Node) -> tuple[str, list[str]]:
    """The domain and the regions that base.yaml gives to every environment."""
    from dharma.errors import InputError, Problem
    from dharma.layer import children, find

    domain, regions = find(base, ("domain",)), find(base, ("regions",))
    names = [name for name, _ in children(regions)] if regions else []
    if domain is None or not names:
        mend = "Name the regions and the domain there, or copy an environment with --from."
        raise InputError([Problem("environments/base.yaml", "describes no regions or no domain", mend)])
    return str(domain.value), names


def _add(root: Path, files: Files, following: str) -> None:
    from dharma import environment
    from dharma.scaffold import written

    with written(root, files):
        environment.load(root)
    _tell(files)
    note(f"next: {following}")


def _tell(files: Files) -> None:
    for name in files:
        say(f"wrote {name}")


@command.command(name="rule", epilog=_EPILOG)
@click.argument("name", metavar="CATEGORY/NAME")
@click.option("--kind", "kinds", multiple=True, metavar="KIND", default=("*",), help="A kind it is about.")
@click.option("--severity", type=click.Choice(["warn", "deny"]), default="deny", show_default=True)
@click.pass_obj
def rule(directory: str | None, name: str, kinds: tuple[str, ...], severity: str) -> None:
    """Write policies/rego/CATEGORY/NAME.rego with metadata, a probe to replace, and its tests.

    Category `fleet` is for rules that see all targets at once.
    """
    from dharma.gate import rules_of
    from dharma.repository import root_of
    from dharma.scaffold import written
    from dharma.scaffold.rule import rule_files

    root = root_of(directory)
    files = rule_files(name, kinds, severity, {rule.id for rule in rules_of(root).rules})
    with written(root, files):
        rules_of(root)
    _tell(files)
    note(f"next: say in {next(iter(files))} what it asks; opa test policies/rego; dharma check")


@command.command(name="waiver", epilog=_EPILOG)
@click.argument("rule", metavar="RULE")
@click.option(
    "--object", "objects", multiple=True, required=True, metavar="PATTERN", help="As apps/*/shop/*."
)
@click.option("--target", "targets", multiple=True, metavar="PATTERN", help="As staging/*; all if left out.")
@click.option("--owner", required=True, metavar="TEAM", help="Who answers for it.")
@click.option("--ticket", required=True, metavar="TICKET", help="Where it is followed up.")
@click.option("--reason", required=True, metavar="TEXT", help="Why it is accepted.")
@click.option("--days", type=int, required=True, metavar="N", help="For how long, 180 at most.")
@click.option("--today", metavar="DAY", help="The first day, as 2027-01-31.")
@click.pass_obj
def waiver(
    directory: str | None,
    rule: str,
    objects: tuple[str, ...],
    targets: tuple[str, ...],
    owner: str,
    ticket: str,
    reason: str,
    days: int,
    today: str | None,
) -> None:
    """Append a waiver of RULE for objects to environments/waivers.yaml; comments in it stay."""
    from dharma.gate import SCHEMA_RULE, rules_of
    from dharma.judgement import CEL_RULE
    from dharma.repository import root_of
    from dharma.scaffold.waiver import Grant, grant

    root = root_of(directory)
    known = {one.id for one in rules_of(root).rules} | {CEL_RULE, SCHEMA_RULE}
    grant(root, Grant(rule, objects, targets, owner, ticket, reason, _day(today), days), known)
    say("changed environments/waivers.yaml")


@command.command(name="pipeline", epilog=_EPILOG)
@click.argument("forge", type=click.Choice(["github", "gitlab", "jenkins"]))
@click.option("--branch", default="main", metavar="NAME", show_default=True, help="The default branch.")
@click.option("--pin", "pins", multiple=True, metavar="IMAGE=DIGEST", help="The digest of an image it uses.")
@click.pass_obj
def pipeline(
    directory: str | None, forge: Literal["github", "gitlab", "jenkins"], branch: str, pins: tuple[str, ...]
) -> None:
    """Write the jobs that check a change, tell it what was found, and promote what was merged."""
    from dharma import environment
    from dharma.repository import root_of
    from dharma.scaffold import written
    from dharma.scaffold.pipeline import pins_of, pipeline_files, unresolved

    root = root_of(directory)
    ring = min(target.cluster.ring for target in environment.load(root).targets)
    digests = pins_of(forge, pins)
    files = pipeline_files(forge, branch, ring, digests)
    with written(root, files):
        _tell(files)
    if count := unresolved(forge, digests):
        loud(f"{count} image has no digest: unresolved")
    note("next: make its checks required, see docs/pipelines.md")


def _day(text: str | None) -> date:
    from dharma.errors import InputError, Problem

    try:
        return date.fromisoformat(text) if text else date.today()  # noqa: DTZ011 - a day of the user's calendar
    except ValueError:
        raise InputError([Problem("--today", f"{text!r} is no day", "Write it as 2027-01-31.")]) from None
