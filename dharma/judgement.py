"""Judgement: what rules and the rules inside schemas say of single objects, reused while nothing changed.

A verdict is kept by the object's input text, under a name made of all that decides it: rules, schemas,
Dharma's own checks and the releases of the engines. One in which a check failed is not kept.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import astuple, dataclass, replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import dharma_rego
from dharma.manifest import Manifest
from dharma.policy.engine import Answer, Documents, Embedded, Engine, Failure, evaluate_all
from dharma.policy.finding import Finding
from dharma.policy.rule import Rule, RuleSet
from dharma.schemas.catalogue import Catalogue
from dharma.shelf import Table, named

MakeEngine = Callable[[RuleSet, Mapping[str, Any]], Engine]
CEL_RULE = "schema/rules"

_ENGINES = ("dharma-rego", "cel-expr-python", "jsonschema-rs", "jsonschema", "kubernetes-validate")
_CODE = ("judgement.py", "foreign.py", "document.py", "policy/*.py", "cel/*.py", "schemas/*.py")


@dataclass(frozen=True, slots=True)
class Subject:
    """An object as the rules see it, with the JSON text of its input."""

    manifest: Manifest
    file: str
    text: str


@dataclass(frozen=True, slots=True)
class Remark:
    """What one check says of one object, wherever that object stands; `failed` if the check itself did."""

    rule: str
    level: Literal["warn", "deny"]
    message: str
    path: str
    remedy: str = ""
    failed: bool = False


Verdict = tuple[Remark, ...]


class Judge:
    """Holds objects against rules and the rules inside schemas; engines start when the first is needed.

    With `keep` false nothing is reused, nor kept for later.
    """

    def __init__(
        self,
        rules: RuleSet,
        folders: Sequence[Path],
        make: MakeEngine = Embedded,
        *,
        keep: bool = False,
    ) -> None:
        self._rules, self._folders, self._make = rules, tuple(folders), make
        self._table = Table("verdicts", context(rules, self._folders)) if keep else None
        self.met: dict[str, int] = defaultdict(int)
        self.reused = 0

    def judge(self, subjects: Sequence[Subject]) -> Iterator[Finding]:
        """Every finding about the objects."""
        for subject, verdict in zip(subjects, self.verdicts(subjects), strict=True):
            yield from (finding_of(subject, remark) for remark in verdict)

    def verdicts(self, subjects: Sequence[Subject], valid: Sequence[bool] | None = None) -> list[Verdict]:
        """One verdict an object, in their order; rules inside schemas see those alone that are `valid`."""
        self._count(subjects)
        if self._table is None:
            return self._fresh(subjects, valid or [True] * len(subjects))
        keys = [named([subject.text]) for subject in subjects]
        known = {key: verdict for key in keys if (verdict := remarks(self._table.get(key))) is not None}
        rest = [number for number, key in enumerate(keys) if key not in known]
        fresh = self._fresh([subjects[number] for number in rest], [True] * len(rest))
        for number, verdict in zip(rest, fresh, strict=True):
            known[keys[number]] = verdict
            if not any(remark.failed for remark in verdict):
                self._table.put(keys[number], rows(verdict))
        self._table.save()
        self.reused = len(subjects) - len(rest)
        return [known[key] for key in keys]

    def _count(self, subjects: Iterable[Subject]) -> None:
        kinds: dict[tuple[str, str], int] = defaultdict(int)
        for subject in subjects:
            kinds[subject.manifest.group, subject.manifest.kind] += 1
        for rule, number in meetings(self._rules, kinds):
            self.met[rule.id] += number

    def _fresh(self, subjects: Sequence[Subject], valid: Sequence[bool]) -> list[Verdict]:
        if not subjects:
            return []
        said: list[list[Remark]] = [[] for _ in subjects]
        fitting = [number for number, fits in enumerate(valid) if fits]
        self._ask_schemas([subjects[number] for number in fitting], [said[number] for number in fitting])
        engine = self._make(self._rules, {})
        with closing(engine):
            self._ask_rules(engine, subjects, said)
        return [tuple(one) for one in said]

    def _ask_schemas(self, subjects: Sequence[Subject], said: Sequence[list[Remark]]) -> None:
        from dharma.cel import Rules as CelRules

        cel = CelRules(self._folders)
        for subject, remarked in zip(subjects, said, strict=True):
            for problem in cel.check(subject.manifest.body):
                message = problem.message if problem.decided else f"undecided: {problem.message}"
                level: Literal["warn", "deny"] = "deny" if problem.decided else "warn"
                remarked.append(Remark(CEL_RULE, level, message, problem.path))

    def _ask_rules(self, engine: Engine, subjects: Sequence[Subject], said: Sequence[list[Remark]]) -> None:
        by_kind: dict[tuple[str, str], list[int]] = defaultdict(list)
        for number, subject in enumerate(subjects):
            by_kind[subject.manifest.group, subject.manifest.kind].append(number)
        documents = {
            kind: Documents([subjects[number].text for number in numbers])
            for kind, numbers in by_kind.items()
        }
        tasks = [(rule, kind) for kind in by_kind for rule in self._rules.objects if rule.concerns(*kind)]
        answers = evaluate_all(engine, [(rule, documents[kind]) for rule, kind in tasks])
        for (rule, kind), given in zip(tasks, answers, strict=True):
            for number, answer in zip(by_kind[kind], given, strict=True):
                if answer:
                    said[number].extend(_remarks(rule, answer))


class FleetJudge:
    """Holds the whole fleet against the fleet rules, which see `data.fleet`."""

    def __init__(self, rules: RuleSet, make: MakeEngine = Embedded, *, keep: bool = False) -> None:
        self._rules, self._make = rules, make
        self._table = Table("fleets", [code(), *_texts(rules)], most=20) if keep else None

    def judge(self, document: Mapping[str, Any], subjects: Sequence[Subject]) -> list[Finding]:
        """Every finding about the fleet that the document describes, placed at its object if it has one."""
        known = {(one.manifest.target, subject_of(one.manifest)): one for one in subjects}
        return [_placed(finding, known) for finding in self._findings(document)]

    def _findings(self, document: Mapping[str, Any]) -> list[Finding]:
        key = named([json.dumps(document)]) if self._table else ""
        kept = self._table.get(key) if self._table else None
        if isinstance(kept, list):
            return [Finding(**row) for row in kept]
        engine = self._make(self._rules, {"fleet": document})
        with closing(engine):
            findings = [one for rule in self._rules.fleet for one in _of_fleet(engine, rule)]
        if self._table and not any(finding.failed for finding in findings):
            self._table.put(key, [{name: getattr(one, name) for name in _FLEETING} for one in findings])
            self._table.save()
        return findings


_FLEETING = ("rule", "level", "message", "target", "subject", "path", "remedy")


def _of_fleet(engine: Engine, rule: Rule) -> Iterator[Finding]:
    (answer,) = engine.evaluate(rule, Documents(["{}"]))
    if isinstance(answer, Failure):
        yield Finding(rule.id, "deny", unable(answer), remedy=place_of(rule, answer), failed=True)
        return
    for one in answer:
        yield Finding(
            rule.id,
            rule.metadata.severity,
            str(one["message"]),
            target=str(one.get("target", "")),
            subject=str(one.get("subject", "")),
            path=str(one.get("path", "")),
            remedy=rule.metadata.remediation.text,
        )


def _placed(finding: Finding, known: Mapping[tuple[str, str], Subject]) -> Finding:
    subject = known.get((finding.target, finding.subject))
    if subject is None:
        return finding
    made = subject.manifest
    return replace(
        finding, component=made.component, source=made.source, origins=made.origins, file=subject.file
    )


def meetings(rules: RuleSet, kinds: Mapping[tuple[str, str], int]) -> Iterator[tuple[Rule, int]]:
    """Each object rule with the number of objects that it meets."""
    for rule in rules.objects:
        for kind, number in kinds.items():
            if rule.concerns(*kind):
                yield rule, number


def _remarks(rule: Rule, answer: Answer) -> Iterator[Remark]:
    if isinstance(answer, Failure):
        yield Remark(rule.id, "deny", unable(answer), "", place_of(rule, answer), failed=True)
        return
    remedy = rule.metadata.remediation.text
    for one in answer:
        yield Remark(rule.id, rule.metadata.severity, str(one["message"]), str(one.get("path", "")), remedy)


def unable(failure: Failure) -> str:
    """How a finding says that its rule gave no answer."""
    return f"the rule could not be evaluated ({failure.kind}): {failure.message}"


def place_of(rule: Rule, failure: Failure) -> str:
    """Where to look when a rule gave no answer."""
    return f"See {failure.file or rule.file}:{failure.line}."


def finding_of(subject: Subject, remark: Remark) -> Finding:
    """A remark as a finding, with all that is known of its object's causes."""
    manifest = subject.manifest
    return Finding(
        remark.rule,
        remark.level,
        remark.message,
        manifest.target,
        manifest.component,
        subject_of(manifest),
        remark.path,
        remark.remedy,
        manifest.source,
        manifest.origins,
        subject.file,
        failed=remark.failed,
    )


def subject_of(manifest: Manifest) -> str:
    """An object as findings and waivers name it: group/Kind/namespace/name."""
    return f"{manifest.group}/{manifest.kind}/{manifest.namespace}/{manifest.name}"


def context(rules: RuleSet, folders: Sequence[Path], *others: str) -> list[str]:
    """All that decides a verdict beside the object."""
    return [code(), repr(Catalogue(folders).files()), *others, *_texts(rules)]


def _texts(rules: RuleSet) -> list[str]:
    return [text for source in rules.sources() for text in source]


@cache
def code() -> str:
    """A digest of the checks' own code and of the releases of what they call."""
    here = Path(__file__).parent
    files = sorted(path for pattern in _CODE for path in here.glob(pattern))
    texts = (path.read_text(encoding="utf-8") for path in files)
    library = [path.stat() for path in sorted(Path(str(dharma_rego.__file__)).parent.glob("*.so"))]
    built = (f"{found.st_size} {found.st_mtime_ns}" for found in library)
    return named([*(f"{name}=={version(name)}" for name in _ENGINES), *built, *texts])


def rows(verdict: Verdict) -> list[list[Any]]:
    """A verdict as JSON."""
    return [list(astuple(remark)[:-1]) for remark in verdict]


def remarks(kept: Any) -> Verdict | None:
    """A verdict from JSON; None for anything that is none."""
    if not isinstance(kept, list) or not all(isinstance(row, list) and len(row) == 5 for row in kept):  # noqa: PLR2004
        return None
    return tuple(Remark(*row) for row in kept)
