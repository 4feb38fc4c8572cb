"""The one place to which a format that takes only one pins a finding."""

from __future__ import annotations

from collections import Counter

from dharma.errors import Origin
from dharma.policy.finding import Finding


def cause(finding: Finding, prefix: str = "") -> Origin:
    """Where to mend it: YAML before Python, of several files the one that says most, else what was generated.

    `prefix` is the platform's folder in its repository, `""` or with a `/` at its end, because forges
    count paths from the top.
    """
    place = _declared(finding) or Origin(generated(finding) or "environments/base.yaml", 1)
    return Origin(prefix + place.file, place.line, place.column)


def generated(finding: Finding) -> str:
    """The file that shows it, from the platform's folder; empty for none."""
    below = bool(finding.target) and finding.file.startswith(f"{finding.target}/")
    return f"generated/{finding.file}" if below else finding.file


def _declared(finding: Finding) -> Origin | None:
    if not finding.origins:
        return finding.source
    (file, _), *_ = Counter(origin.file for origin in finding.origins).most_common(1)
    return min(origin for origin in finding.origins if origin.file == file)
