"""Drift: what is declared, held against what runs in a cluster. Nothing is changed there."""

from dharma.drift.difference import Difference
from dharma.drift.verification import Deviation, Verification, verify

__all__ = ["Deviation", "Difference", "Verification", "verify"]
