"""Compliance: which controls the rules are evidence for, and what the evidence of a day says."""
