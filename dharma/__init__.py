"""Policy-as-code and a GitOps generator for whole Kubernetes platforms."""

__version__ = "0.1.0"
