"""Verdict: what a ValidatingAdmissionPolicy says of a request, told without an API server.

Conditions, variables and validations are evaluated as the API server does it: a variable that cannot be
evaluated fails whoever uses it, a failure refuses. Namespaces and resources are not matched here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from cel_expr_python import cel

_EXTENSIONS = ("lists", "sets", "optional", "strings", "math")
_SEEN = ("object", "oldObject", "request", "variables")

Request = Mapping[str, Any]


def request_of(
    body: Mapping[str, Any],
    *,
    old: Mapping[str, Any] | None = None,
    user: str = "somebody",
    groups: Sequence[str] = (),
) -> dict[str, Any]:
    """What the API server shows a policy of an object that is created, or takes the place of `old`."""
    group, _, version = str(body["apiVersion"]).rpartition("/")
    request = {
        "kind": {"group": group, "version": version, "kind": body["kind"]},
        "operation": "CREATE" if old is None else "UPDATE",
        "userInfo": {"username": user, "groups": list(groups)},
    }
    return {"object": body, "oldObject": old, "request": request}


def refused(policy: Mapping[str, Any], seen: Request) -> str:
    """Why the policy refuses, empty where it does not; a failed evaluation starts with `failed`."""
    spec = policy["spec"]
    for condition in spec.get("matchConditions", ()):
        held = _evaluated(condition["expression"], seen)
        if held is not True:
            return "" if held is False else f"failed: {held}"
    variables = _variables(spec.get("variables", ()), seen)
    for validation in spec["validations"]:
        fine = _evaluated(validation["expression"], {**seen, "variables": variables})
        if fine is not True:
            return str(validation["message"]) if fine is False else f"failed: {fine}"
    return ""


def faults(policy: Mapping[str, Any]) -> list[str]:
    """The expressions of a policy that do not compile, with the reason."""
    spec = policy["spec"]
    several = [*spec.get("matchConditions", ()), *spec.get("variables", ()), *spec["validations"]]
    found = ((one["expression"], _compiled(one["expression"])) for one in several)
    return [f"{text}: {program}" for text, program in found if isinstance(program, str)]


def _variables(several: Iterable[Mapping[str, str]], seen: Request) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for one in several:
        result = _result(one["expression"], {**seen, "variables": values})
        if not isinstance(result, str):
            values[one["name"]] = result.plain_value()
    return values


def _evaluated(text: str, seen: Request) -> Any:
    """True, False or in words why neither."""
    result = _result(text, seen)
    if isinstance(result, str):
        return result
    value = result.value()
    return value if isinstance(value, bool) else f"is no boolean: {result.type()}"


def _result(text: str, seen: Request) -> Any:
    program = _compiled(text)
    if isinstance(program, str):
        return program
    try:
        result = program.eval(data={"oldObject": None, "variables": {}, **seen})
    except RuntimeError as error:
        return str(error)
    return str(result.value()) if result.type() == cel.Type.ERROR else result


@cache
def _compiled(text: str) -> cel.Expression | str:
    try:
        return _environment().compile(text)
    except RuntimeError as error:
        return str(error).splitlines()[0]


@cache
def _environment() -> cel.Env:
    extensions = "".join(f"- name: {name}\n" for name in _EXTENSIONS)
    config = cel.NewEnvConfigFromYaml(f"name: admission\nextensions:\n{extensions}")
    return cel.NewEnv(config=config, variables=dict.fromkeys(_SEEN, cel.Type.DYN))
