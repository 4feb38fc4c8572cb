"""Kubernetes and custom resource schemas: what an API server would refuse, found without one."""

from dharma.schemas.native import UnknownKubernetesVersion, newest
from dharma.schemas.problem import SchemaProblem
from dharma.schemas.registry import Schemas

__all__ = ["SchemaProblem", "Schemas", "UnknownKubernetesVersion", "newest"]
