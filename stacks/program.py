"""The program of a stack: reads its target's declarations and brings the cluster up, checked by the gate."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pulumi

from dharma import environment
from dharma.admission.law import Law
from dharma.delivery.pulumi import stack_name, target_of
from dharma.delivery.transform import register
from dharma.delivery.verdict import Assessor
from dharma.errors import DharmaError
from dharma.render import Rendered, render
from dharma.repository import root_of
from dharma.stacks.argocd import argocd
from dharma.stacks.cluster import Site, reach
from dharma.stacks.components import components
from dharma.stacks.configuration import Configuration, configured
from dharma.stacks.network import network
from dharma.stacks.outputs import outputs
from dharma.stacks.vault import vault
from dharma.target import Target


def main() -> None:
    """Bring up the running stack's target; mistakes of users end it with all of them, and no traceback."""
    try:
        root = root_of(None)
        run(root, target_of(pulumi.get_stack(), environment.load(root)))
    except DharmaError as error:
        raise pulumi.RunError(str(error)) from None


def run(root: Path, target: Target, rendered: Rendered | None = None) -> None:
    """Bring up a target; raises DharmaError for what is wrong with configuration or declarations."""
    configuration = configured(root, target)
    today = date.today()  # noqa: DTZ011 - waivers end by the user's calendar
    rendered = rendered or render(target, root, inflate=False, law=Law(root, root, today))
    register(Assessor(root, target, today, rendered=rendered.manifests))
    bring_up(target, configuration, rendered)


def bring_up(target: Target, configuration: Configuration, rendered: Rendered) -> None:
    """Every resource of the stack, and what people need to know next."""
    site = Site(target, configuration, rendered, reach(target, configuration))
    ready = network(site)
    secrets = vault(site, ready)
    if target.delivery == "direct":
        components(site, [*ready, *secrets])
    else:
        argocd(site, ready)
    for name, value in outputs(target, configuration).items():
        pulumi.export(name, value)
    pulumi.log.info(f"{stack_name(target)}: {len(rendered.manifests)} objects are declared for this cluster")
