"""The rules custom resource definitions carry (`x-kubernetes-validations`), evaluated without a cluster."""

from dharma.cel.rules import RuleProblem, Rules

__all__ = ["RuleProblem", "Rules"]
