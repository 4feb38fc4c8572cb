"""The program of every stack: what a cluster needs before Argo CD delivers the rest."""

from __future__ import annotations

from dharma.stacks.program import main

main()
