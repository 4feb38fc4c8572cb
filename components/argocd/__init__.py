"""Argo CD and what it delivers."""
