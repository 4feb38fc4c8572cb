"""Evidence: what one report of a day says of each rule, from pull requests or from clusters.

Three documents are read: `dharma check --format json`, `dharma verify --format json`, and the list of
Gatekeeper's constraints as `kubectl get constraints -o json` prints it. What a document does not say is
unknown, and unknown is never fulfilled.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

from dharma.admission.template import kind_of
from dharma.errors import InputError, Problem
from dharma.policy.finding import LEVELS
from dharma.policy.rule import Rule

Place = Literal["ci", "cluster"]
State = Literal["failed", "violated", "stale", "unknown", "unmet", "waived", "warned", "idle", "held"]
STATES: tuple[State, ...] = (
    "failed",
    "violated",
    "stale",
    "unknown",
    "unmet",
    "waived",
    "warned",
    "idle",
    "held",
)
"""From what says most against a control to what speaks for it; `idle` is a guard that met nothing."""

MOST_BYTES = 256 << 20
_STRANGE = (TypeError, KeyError, ValueError, AttributeError, OverflowError)
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Waived:
    """A waiver that findings of a rule were accepted by; `expires` is empty where the report has no day."""

    ticket: str
    expires: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one document says of one rule; `met` is None where it does not say how many objects met it."""

    rule: str
    place: Place
    state: State
    text: str
    source: str
    day: str
    met: int | None = None
    engine: str = ""
    commit: str = ""
    findings: tuple[tuple[str, int], ...] = ()
    """How many by level, accepted ones among them."""
    waivers: tuple[Waived, ...] = ()


def read(path: Path) -> Any:
    """A document's JSON; InputError where it cannot be read or is none."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError([Problem(str(path), f"is larger than {MOST_BYTES >> 20} MiB")])
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError([Problem(str(path), f"cannot be read: {error.strerror}")]) from None
    except (ValueError, RecursionError) as error:
        raise InputError([Problem(str(path), f"is no JSON: {str(error)[:100]}")]) from None


def of_check(source: str, report: Any, rules: Sequence[Rule]) -> list[Evidence]:
    """Evidence of a pull request's check; InputError where the value is no such report."""
    try:
        findings = _by_rule(report["findings"])
        shared = {key: _text(report.get(key)) for key in ("day", "engine", "commit")}
        expiries = {_text(one["ticket"]): _text(one["expires"]) for one in report.get("waivers", ())}
        met = {name: int(number) for name, number in report["rules"].items()}
    except _STRANGE:
        raise _strange(source, "dharma check --format json") from None
    return [
        _checked(rule, source, met.get(rule.id), findings.get(rule.id, []), expiries, shared)
        for rule in rules
    ]


def _checked(
    rule: Rule,
    source: str,
    met: int | None,
    findings: Sequence[Json],
    expiries: Mapping[str, str],
    shared: Mapping[str, str],
) -> Evidence:
    state, text = _judged(findings)
    if met is None:
        state, text = "unknown", "the check did not know the rule"
    elif not met and state == "held":
        state, text = ("idle", "met no object, as it should") if rule.metadata.absent else _UNMET
    tickets = sorted({_text(one["waiver"]) for one in findings if one.get("waiver")})
    waivers = tuple(Waived(ticket, expiries.get(ticket, "")) for ticket in tickets)
    counts = _counts(findings)
    return Evidence(rule.id, "ci", state, text, source, met=met, findings=counts, waivers=waivers, **shared)


_UNMET: tuple[State, str] = ("unmet", "met no object")


def of_audit(source: str, document: Any, rules: Sequence[Rule]) -> list[Evidence]:
    """Evidence of clusters: a verification's, or Gatekeeper's; InputError where the value is neither."""
    if isinstance(document, dict) and "targets" in document and "rules" not in document:
        return _of_verification(source, document, rules)
    if isinstance(document, dict) and isinstance(document.get("items"), list):
        return _of_constraints(source, document["items"], rules)
    raise _strange(source, "dharma verify --format json, or kubectl get constraints -o json")


def _of_verification(source: str, document: Json, rules: Sequence[Rule]) -> list[Evidence]:
    try:
        findings = _by_rule([one for target in document["targets"] for one in target["findings"]])
        names = ", ".join(_text(target["target"]) for target in document["targets"])
        seen = _seen(document["targets"])
    except _STRANGE:
        raise _strange(source, "dharma verify --format json") from None
    day = _text(document.get("day"))
    made = []
    for rule in rules:
        if not rule.fleet:
            said = findings.get(rule.id, [])
            state, text = _judged(said)
            state, text = seen if state == "held" else (state, text)
            text = f"{names}: {text}"
            made.append(Evidence(rule.id, "cluster", state, text, source, day, findings=_counts(said)))
    return made


def _seen(targets: Sequence[Json]) -> tuple[State, str]:
    """What it says of a rule that no live object breaks: nothing, where objects could not be read."""
    states = Counter(one["state"] for target in targets for one in target["deviations"])
    live = sum(int(target["objects"]) for target in targets) - states["missing"] - states["unread"]
    if states["unread"]:
        return "unknown", f"{states['unread']} objects could not be read"
    return (
        ("held", f"no finding on {live} live objects") if live > 0 else ("unmet", "no live object was seen")
    )


def _of_constraints(source: str, items: Sequence[Any], rules: Sequence[Rule]) -> list[Evidence]:
    known = {kind_of(rule): rule.id for rule in rules}
    made = []
    for item in items:
        if not isinstance(item, dict) or not isinstance(item.get("kind"), str):
            raise _strange(source, "kubectl get constraints -o json")
        if item["kind"] in known:
            made.append(_constraint(known[item["kind"]], source, item))
    return made


def _constraint(rule: str, source: str, item: Json) -> Evidence:
    """Without an audit's time nobody looked; a dry run or a warning counts its violations all the same."""
    try:
        status, action = item.get("status") or {}, _text(item.get("spec", {}).get("enforcementAction"))
        audited, violations = _text(status.get("auditTimestamp")), status.get("totalViolations")
        number = None if violations is None else int(violations)
    except _STRANGE:
        raise _strange(source, "kubectl get constraints -o json") from None
    name = f"{item['kind']}/{_text((item.get('metadata') or {}).get('name'))} ({action or 'deny'})"
    if not audited or number is None:
        return Evidence(rule, "cluster", "unknown", f"{name}: never audited", source, "")
    state: State = "held"
    if number:
        state = "violated" if action in {"", "deny"} else "warned"
    text = f"{name}: {number} violations"
    return Evidence(rule, "cluster", state, text, source, _day_of(audited), met=None)


def strangers(document: Any, rules: Sequence[Rule]) -> list[str]:
    """Kinds of constraints that look like Dharma's and belong to no rule of today."""
    known = {kind_of(rule) for rule in rules}
    items = document.get("items") if isinstance(document, dict) else None
    kinds = {_text(item.get("kind")) for item in items or () if isinstance(item, dict)}
    return sorted(kind for kind in kinds if kind.startswith("Dharma") and kind not in known)


def aged(evidence: Evidence, today: date, most: int) -> tuple[State, str]:
    """State and words on a day: what is undated is unknown, what is older than `most` days is stale.

    What speaks against a control stays what it is; a day to come is unknown, and a waiver that has ended
    since makes what it accepted stale.
    """
    if evidence.state in {"failed", "violated", "unknown"}:
        return evidence.state, evidence.text
    try:
        age = (today - date.fromisoformat(evidence.day)).days
    except ValueError:
        return "unknown", "of no known day"
    if age < 0:
        return "unknown", f"of {evidence.day}, which is still to come"
    if age > most:
        return "stale", f"{age} days old, {most} are the most"
    ended = [one.ticket for one in evidence.waivers if one.expires and one.expires < today.isoformat()]
    return ("stale", f"waivers ended since: {', '.join(ended)}") if ended else (evidence.state, evidence.text)


def _judged(findings: Sequence[Json]) -> tuple[State, str]:
    open_ones = [one for one in findings if not one.get("waiver") and one.get("age") != "mended"]
    if any(one.get("failed") for one in findings):
        return "failed", "the check itself failed"
    if denied := sum(one["level"] == "deny" for one in open_ones):
        return "violated", f"{denied} denied"
    if open_ones:
        return "warned", f"{len(open_ones)} warned of"
    accepted = sum(one.get("age") != "mended" for one in findings)
    return ("waived", f"{accepted} accepted by waivers") if accepted else ("held", "no finding")


def _by_rule(findings: Sequence[Any]) -> dict[str, list[Json]]:
    found: dict[str, list[Json]] = {}
    for one in findings:
        if one["level"] not in LEVELS:
            raise ValueError(one["level"])
        found.setdefault(one["rule"], []).append(one)
    return found


def _counts(findings: Sequence[Json]) -> tuple[tuple[str, int], ...]:
    counts = Counter(one["level"] for one in findings if one.get("age") != "mended")
    return tuple((level, counts[level]) for level in reversed(LEVELS) if counts[level])


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _day_of(stamp: str) -> str:
    try:
        return datetime.fromisoformat(stamp).date().isoformat()
    except ValueError:
        return ""


def _strange(source: str, what: str) -> InputError:
    return InputError([Problem(source, f"is not what `{what}` prints", "Write that to a file and name it.")])
