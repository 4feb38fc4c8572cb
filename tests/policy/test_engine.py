import json
import threading
from typing import Any

import pytest

from dharma_rego import Engine, Fault, Inputs, RegoError

HEAD = "package dharma.images.digest\n\nimport rego.v1\n\n"
DENY = "data.dharma.images.digest.deny"

PINNED = (
    HEAD
    + """deny contains message if {
  some container in input.spec.containers
  not contains(container.image, "@sha256:")
  message := sprintf("%s: %s is not pinned by its digest", [container.name, container.image])
}
"""
)

LIB = """package lib.workload

import rego.v1

containers(object) := object.spec.containers

names(object) := {container.name | some container in containers(object)}
"""


def pod(*images: str) -> dict[str, Any]:
    return {"spec": {"containers": [{"name": f"c{i}", "image": image} for i, image in enumerate(images)]}}


def load(*policies: str, data: str = "{}") -> Engine:
    return Engine([(f"{number}.rego", source) for number, source in enumerate(policies)], data)


def value_of(expression: str, document: Any = None) -> Any:
    text = load(f"{HEAD}deny := {expression}").eval(DENY, json.dumps(document))
    return None if text is None else json.loads(text)


def fault_of(source: str, document: Any = None) -> Fault:
    with pytest.raises(RegoError) as raised:
        load(HEAD + source).eval(DENY, json.dumps(document))
    (fault,) = raised.value.faults
    return fault


# ---- what a rule says -----------------------------------------------------------------------


def test_a_rule_names_every_violation_and_nothing_else() -> None:
    document = json.dumps(pod("web:1", "db@sha256:0a", "log:2"))
    assert json.loads(load(PINNED).eval(DENY, document) or "") == [
        "c0: web:1 is not pinned by its digest",
        "c2: log:2 is not pinned by its digest",
    ]


def test_undefined_false_and_empty_are_three_things() -> None:
    engine = load(HEAD + "nothing := 1 if input.absent\nno := false\nempty contains 1 if input.absent")
    path = "data.dharma.images.digest."
    assert [engine.eval(path + rule) for rule in ("nothing", "no", "empty")] == [None, "false", "[]"]


def test_rules_read_data_and_functions_of_other_packages() -> None:
    rule = HEAD + "import data.lib.workload\n\ndeny contains name if {\n"
    rule += "  some name in workload.names(input)\n  not name in data.allowed\n}\n"
    engine = load(rule, LIB, data='{"allowed": ["c0"]}')
    assert engine.eval(DENY, json.dumps(pod("a", "b"))) == '["c1"]'


def test_a_batch_answers_each_input_in_order_and_a_failure_stops_nothing() -> None:
    engine = load(HEAD + "deny := to_number(input.a) if input.a")
    answers = engine.eval_batch(DENY, Inputs(['{"a": "1"}', '{"a": "x"}', "{}", '{"a": "2"}']))
    assert answers[0] == "1"
    assert isinstance(answers[1], Fault)
    assert str(answers[1]).startswith("0.rego:5:")
    assert answers[1].kind == "builtin"
    assert answers[2:] == [None, "2"]


def test_one_json_array_is_as_good_as_a_list_of_texts() -> None:
    engine = load(PINNED)
    documents = [pod("a"), pod("a@sha256:0a")]
    listed = Inputs([json.dumps(document) for document in documents])
    assert len(listed) == 2
    assert engine.eval_batch(DENY, listed) == engine.eval_batch(DENY, Inputs(json.dumps(documents)))


def test_clones_answer_alike_on_many_threads() -> None:
    engine = load(PINNED)
    inputs = Inputs([json.dumps(pod(f"web:{number}")) for number in range(300)])
    expected = engine.eval_batch(DENY, inputs)
    answers: list[Any] = [None] * 4

    def ask(slot: int, own: Engine) -> None:
        answers[slot] = own.eval_batch(DENY, inputs)

    threads = [threading.Thread(target=ask, args=(slot, engine.clone())) for slot in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [expected] * 4


def test_prints_are_kept_with_their_place_even_where_the_rule_fails() -> None:
    engine = load(HEAD + 'deny := x if {\n  print("saw", input.a)\n  x := to_number(input.a)\n}')
    engine.eval_batch(DENY, Inputs(['{"a": "1"}', '{"a": "x"}']))
    assert engine.take_prints() == ["0.rego:6: saw 1", "0.rego:6: saw x"]
    assert engine.take_prints() == []


def test_coverage_tells_the_lines_that_never_ran() -> None:
    engine = Engine([("digest.rego", PINNED)], coverage=True)
    engine.eval(DENY, json.dumps(pod("web@sha256:0a")))
    covered, missed = engine.coverage()["digest.rego"]
    assert 6 in covered
    assert 8 in missed
    engine.eval(DENY, json.dumps(pod("web:1")))
    assert engine.coverage()["digest.rego"][1] == []


# ---- errors are values with a place ---------------------------------------------------------

FAILURES = [
    pytest.param('deny := to_number("x")', "builtin", 5, id="builtin"),
    pytest.param('deny if not to_number("x")', "builtin", 5, id="builtin-under-not"),
    pytest.param("deny := {x | some x in [1]; x > 1 / input.zero}", "runtime", 5, id="division-by-zero"),
    pytest.param('deny := units.parse("10Qx")', "builtin", 5, id="silent-in-the-engine"),
    pytest.param('deny := json.patch({}, [{"op": "remove", "path": "/a"}])', "builtin", 5, id="patch"),
    pytest.param("deny := 1\n\ndeny := 2", "runtime", 7, id="conflict"),
    pytest.param("deny if other\n\nother if deny", "runtime", 5, id="recursive-rules"),
    pytest.param("deny := [", "parse", 5, id="syntax"),
    pytest.param("deny := unheard", "runtime", 5, id="unsafe-variable"),
]


@pytest.mark.parametrize(("source", "kind", "line"), FAILURES)
def test_a_failure_is_raised_with_its_place(source: str, kind: str, line: int) -> None:
    fault = fault_of(source, {"zero": 0})
    assert (fault.kind, fault.file, fault.line) == (kind, "0.rego", line)
    assert fault.column > 0
    assert "\n" not in str(fault)


def test_a_panic_of_the_engine_is_a_fault_and_the_engine_goes_on() -> None:
    engine = load(HEAD + 'deny := regex.template_match("abc{x}", input.a, "{", "}")')
    first, second = engine.eval_batch(DENY, Inputs(['{"a": "a"}', '{"a": "abcx"}']))
    assert isinstance(first, Fault)
    assert first.kind == "panic"
    assert second == "true"


def test_all_faults_of_all_policies_come_at_once() -> None:
    with pytest.raises(RegoError) as raised:
        load(HEAD + "deny := [", PINNED, HEAD + 'deny := "')
    assert [(fault.kind, fault.file) for fault in raised.value.faults] == [
        ("parse", "0.rego"),
        ("parse", "2.rego"),
    ]
    assert len(str(raised.value).splitlines()) == 2


BAD_QUESTIONS = [
    pytest.param(DENY + "s", "{}", "rule", id="rule"),
    pytest.param(DENY, "{", "input", id="input"),
]


@pytest.mark.parametrize(("rule", "document", "kind"), BAD_QUESTIONS)
def test_a_bad_question_is_refused(rule: str, document: str, kind: str) -> None:
    with pytest.raises(RegoError) as raised:
        load(PINNED).eval(rule, document)
    assert raised.value.faults[0].kind == kind


def test_a_batch_of_an_unknown_rule_is_refused_as_a_whole() -> None:
    with pytest.raises(RegoError, match="no policy defines this rule"):
        load(PINNED).eval_batch("data.dharma.images.deny", Inputs(["{}"]))


def test_every_input_that_is_not_json_is_named() -> None:
    with pytest.raises(RegoError) as raised:
        Inputs(["{}", "{", "["])
    assert [fault.message[:7] for fault in raised.value.faults] == ["input 1", "input 2"]


BAD_DATA = [
    pytest.param("[", id="syntax"),
    pytest.param("[]", id="not-an-object"),
    pytest.param('{"dharma": {"images": {"digest": {"deny": []}}}}', id="hides-the-rule"),
    pytest.param('{"dharma": 1}', id="hides-the-package"),
]


@pytest.mark.parametrize("data", BAD_DATA)
def test_data_that_is_no_object_or_would_replace_a_rule_is_refused(data: str) -> None:
    with pytest.raises(RegoError) as raised:
        load(PINNED, data=data)
    assert raised.value.faults[0].kind == "data"


def test_data_beside_a_rule_is_fine() -> None:
    engine = load(HEAD + "deny := data.dharma.images.limit", data='{"dharma": {"images": {"limit": 3}}}')
    assert engine.eval(DENY) == "3"


# ---- what is refused at load ----------------------------------------------------------------

REFUSED = [
    pytest.param('deny := io.jwt.decode("a")', "io.jwt.decode", 9, id="jwt"),
    pytest.param('deny := {"a": [crypto.sha256("a")]}', "crypto.sha256", 16, id="crypto-nested"),
    pytest.param('deny if net.lookup_ip_addr("a")', "net.lookup_ip_addr", 9, id="dns"),
    pytest.param('deny := x if x := http.send({"url": "a"})', "http.send", 19, id="http"),
    pytest.param("deny if opa.runtime().env", "opa.runtime", 9, id="runtime"),
    pytest.param("deny := rego.metadata.rule()", "rego.metadata.rule", 9, id="metadata"),
    pytest.param('deny := strings.split_n("a", "b", 1)', "strings.split_n", 9, id="split_n"),
    pytest.param('deny := strings.replace_n({"a": "b"}, "a")', "strings.replace_n", 9, id="replace_n"),
    pytest.param("deny := [p | walk(input, [p, _])]", "walk", 14, id="walk-in-comprehension"),
    pytest.param('deny if not yaml.is_valid("a")', "yaml.is_valid", 13, id="yaml-under-not"),
    pytest.param("deny if every x in [1] { rand.intn(x, 2) }", "rand.intn", 26, id="chance-in-every"),
    pytest.param("deny := 1 if true with time.now_ns as opa.runtime", "opa.runtime", 39, id="with"),
    pytest.param("deny := 1 if input.a\nelse := unheard.of(1)", "unheard.of", 9, id="unknown-in-else"),
    pytest.param("deny := data.lib.workload.names(1)", "data.lib.workload.names", 9, id="no-such-function"),
    pytest.param("import data.lib.workload as w\ndeny := w.names(1)", "w.names", 9, id="no-such-import"),
    pytest.param('deny := startswith("a")', "startswith", 9, id="arity"),
    pytest.param("deny := f(1)\nf(x) := g(x)\ng(x) := f(x)", "data.dharma.images.digest.f", 1, id="endless"),
]


@pytest.mark.parametrize(("source", "call", "column"), REFUSED)
def test_what_the_engine_lacks_or_gets_wrong_is_refused_at_load(source: str, call: str, column: int) -> None:
    with pytest.raises(RegoError) as raised:
        load(HEAD + source)
    fault = raised.value.faults[0]
    assert fault.message.startswith(f"{call}: ")
    assert (fault.kind, fault.file, fault.column) == ("refused", "0.rego", column)


def test_string_interpolation_is_refused_with_advice() -> None:
    fault = fault_of('deny := $"a {input.b}"')
    assert (fault.line, fault.column) == (5, 9)
    assert "string interpolation" in fault.message


def test_literals_too_deep_for_the_parser_are_refused_at_once() -> None:
    assert value_of("[" * 12 + "]" * 12) is not None
    assert "12 levels" in fault_of("deny := " + "[" * 5000 + "]" * 5000).message


def test_a_function_of_a_policy_may_have_the_name_of_a_refused_builtin() -> None:
    assert load(HEAD + "crypto(x) := x + 1\n\nrand(x) := crypto(x)\n\ndeny := rand(1)").eval(DENY) == "2"
    assert load(HEAD + "time.add_date(x) := x + 1\n\ndeny := time.add_date(1)").eval(DENY) == "2"


# ---- built-ins that OPA and the engine would answer differently ------------------------------

# The results are those of OPA 1.10.
SAME_AS_OPA = [
    ('count("😀é")', 2),
    ('upper("éßx")', "ÉßX"),
    ('lower("İ")', "i"),
    ('strings.count("aaaa", "aa")', 2),
    ('strings.count("abc", "")', 4),
    ('json.marshal({"b": 1, "a": ["<", "&"]})', '{"a":["\\u003c","\\u0026"],"b":1}'),
    ('units.parse("1.5Gi")', 1610612736),
    ('units.parse("100m")', 0.1),
    ('units.parse_bytes("1GB")', 1000000000),
    ('net.cidr_intersects("10.0.0.0/8", "10.1.0.0/16")', True),
    ('net.cidr_intersects("10.1.0.0/16", "10.0.0.0/8")', True),
    ('net.cidr_intersects("10.0.0.0/16", "10.1.0.0/16")', False),
    ('net.cidr_intersects("fd00::/8", "10.1.0.0/16")', False),
    (r"regex.match(`^[\w.-]+$`, `a-b.c`)", True),
    (r"regex.match(`\d`, `٣`)", False),
    (r"regex.match(`\bfoo\b`, `éfoo`)", True),
    (r"regex.match(`^[[]$`, `[`)", True),
    (r"regex.match(`^[]a]+$`, `]a`)", True),
    (r"regex.match(`^[[:alnum:]_&~[]+$`, `a1_&~[`)", True),
    (r"regex.match(`^[a&&b]+$`, `a&b`)", True),
    (r"regex.match(`(?i)É`, `é`)", True),
    (r"regex.match(`^\W\D\S$`, `éab`)", True),
    (r"regex.match(`\p{L}+`, `é`)", True),
    (r"regex.split(`\s+`, `a b  c`)", ["a", "b", "c"]),
    (r"regex.replace(`a1b22`, `\d+`, `#`)", "a#b#"),
    (r"regex.is_valid(`\d[`)", False),
    (r"regex.find_n(`a.`, `abacad`, 2)", ["ab", "ac"]),
    ('sprintf("%v|%s|%d|%%", ["a", true, -5])', "a|true|-5|%"),
    ('sprintf("%v|%v|%v", [0.5, 1000000.5, 0.00001])', "0.5|1.0000005e+06|1e-05"),
    ('sprintf("%.2f|%f|%.0f", [0.125, 0.5, 2.5])', "0.12|0.500000|2"),
    ('sprintf("%q", ["a\\"b\\u0001é"])', '"a\\"b\\x01é"'),
    (
        'sprintf("%v", [{"a": [1, "x<y"], "b": {1, "q"}, "c": set(), "d": {}}])',
        '{"a": [1, "x<y"], "b": {1, "q"}, "c": set(), "d": {}}',
    ),
    ('glob.match("registry.example/*", ["/"], "registry.example/a/b")', False),
    ('semver.compare("1.2.3", "1.10.0")', -1),
    ('time.parse_rfc3339_ns("2024-02-29T12:00:00Z")', 1709208000000000000),
    ('graph.reachable({"a": ["b"], "b": ["c"], "c": []}, ["a"])', ["a", "b", "c"]),
    ("sort([3, 1, `a`, null, true, [1]])", [None, True, 1, 3, "a", [1]]),
]


@pytest.mark.parametrize(("expression", "result"), SAME_AS_OPA, ids=[text for text, _ in SAME_AS_OPA])
def test_builtins_answer_as_opa_does(expression: str, result: Any) -> None:
    assert value_of(expression) == result


LOUD = [
    'sprintf("%d", ["a"])',
    'sprintf("%s", [1])',
    'sprintf("%5d", [1])',
    'sprintf("%v %v", ["a"])',
    'sprintf("%v", ["a", 1])',
    'sprintf("100%", [])',
    'net.cidr_intersects("10.0.0.0/33", "10.0.0.0/8")',
    'to_number(" 1")',
    'regex.match("(", "a")',
    'regex.replace("a", "(", "b")',
    "count(1)",
    "lower(1)",
]


@pytest.mark.parametrize("expression", LOUD)
def test_a_builtin_that_cannot_answer_says_so(expression: str) -> None:
    assert fault_of(f"deny := {expression}").kind == "builtin"
