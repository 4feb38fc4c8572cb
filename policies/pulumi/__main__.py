"""The policy pack: every object rule of the gate as a Pulumi policy."""

from __future__ import annotations

from pathlib import Path

from dharma.delivery.pack import serve

serve(Path(__file__).parent)
