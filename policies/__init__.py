"""Rego rules and what tests them, found as files of the package."""
