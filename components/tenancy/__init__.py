"""Namespaces, limits, roles and default-deny policies."""
