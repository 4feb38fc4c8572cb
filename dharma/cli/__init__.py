"""The `dharma` command: one module a verb, imported only when that verb runs."""

from __future__ import annotations

import importlib
import sys
from typing import NoReturn

import click

from dharma import __version__

VERBS = {
    "build": "render the declarations into generated/",
    "charts": "pin, fetch, verify and update official Helm charts",
    "check": "hold the platform against every rule",
    "comply": "show controls, their rules and their evidence",
    "comment": "tell a pull or merge request what was found, in one comment",
    "explain": "show a value and the files and lines that set it",
    "graph": "draw the platform: components, waves, services, calls",
    "hooks": "install Git's hooks and merge driver, which keep generated/ true",
    "init": "make a new platform repository",
    "mirror": "list every image and chart, and fill a private registry with them",
    "new": "add a component, service, environment, rule, waiver or pipeline",
    "promote": "give targets a commit of the default branch, ring by ring",
    "rollback": "give a target an earlier commit, and pin it there",
    "rules": "list, test, compare and profile the policy rules",
    "schema": "print or write the JSON Schemas of the declarations",
    "schemas": "fill the catalogue of custom resource schemas",
    "set": "change one value in place, comments kept",
    "stacks": "list Pulumi's stacks and keep their files as declared",
    "verify": "compare what is declared with what runs, and change nothing",
}

_INTERRUPTED = 130
EPILOG = """\b
Examples:
  dharma build                          render all targets into generated/
  dharma build production/region-a      render one
  dharma build --check                  exit 1 with a diff when generated/ is stale
  dharma explain production/region-b services.checkout.replicas.min
\b
Exit codes: 0 fine, 1 drift or denied, 2 bad input, 3 a tool failed.
"""


class _Verbs(click.Group):
    """Lists verbs without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return sorted(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in VERBS:
            return None
        command: click.Command = importlib.import_module(f"dharma.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(sorted(VERBS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from dharma.spelling import nearest

            hint = nearest(args[0], VERBS)
            raise click.UsageError(f"{error.message.rstrip('.')}. {hint}".strip(), ctx) from None


@click.group(cls=_Verbs, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="dharma")
@click.option("-C", "--directory", metavar="DIR", help="Work in this platform repository.")
@click.pass_context
def command(ctx: click.Context, directory: str | None) -> None:
    """Policy-as-code and a GitOps generator for whole Kubernetes platforms.

    Declarations under environments/ become Kubernetes manifests under generated/, which Argo CD syncs.
    """
    ctx.obj = directory


def _fault() -> int:
    """Print an unforeseen error with its traceback; it counts as a tool that failed."""
    import traceback

    from dharma.cli.terminal import loud, note

    note(traceback.format_exc())
    loud("This is a fault of dharma itself: please report it with the lines above.")
    return 3


def main(argv: list[str] | None = None) -> NoReturn:
    """Run the command line; failures are printed, all of them, and become the exit code."""
    from dharma.errors import DharmaError

    try:
        code = command.main(args=argv, prog_name="dharma", standalone_mode=False)
    except DharmaError as error:
        from dharma.cli.terminal import report

        report(error)
        code = error.exit_code
    except click.ClickException as error:
        from dharma.cli.terminal import usage

        usage(error)
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        code = _INTERRUPTED
    except BrokenPipeError:
        code = 0
        sys.stdout = None
    except Exception:  # noqa: BLE001 - a fault of ours must never look like denied findings
        code = _fault()
    sys.exit(code if isinstance(code, int) else 0)
