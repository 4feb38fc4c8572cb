from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from dharma import values

GOOD = {
    "Name": ["a", "a1", "region-a", "0", "a" * 63],
    "DnsName": ["a", "a.b", "platform.example", "a-b.c0"],
    "HostName": ["a.b", "*.a.b", "shop.platform.example"],
    "Cidr": ["10.0.0.0/8", "0.0.0.0/0", "255.255.255.255/32", "10.16.0.0/14"],
    "AddressRange": ["10.0.0.0/28", "10.0.0.1-10.0.0.9"],
    "Quantity": ["1", "250m", "1.5", "2Gi", "0", "100k"],
    "Duration": ["5s", "300ms", "1h30m", "720h"],
    "Cron": ["0 3 * * *", "*/5 * * * *", "0 0 1,15 * MON-FRI", "0-30/10 2 * * 0"],
    "Repository": ["registry.example/team/app", "registry.example:5000/app", "a/b_c", "a/b-c.d"],
    "Tag": ["1.0.0", "_a", "A-b_c.9", "x" * 128],
    "Digest": ["placeholder", "sha256:" + "0a" * 32],
    "Url": ["https://a.example/b", "ssh://git@a.example/b.git", "file:///srv/platform.git"],
    "Email": ["team@platform.example", "a.b+c@d-e.example"],
    "KubernetesVersion": ["1.34", "1.99"],
    "HttpPath": ["/", "/healthz", "/api/v1/*", "/a-b_c.d~e"],
    "Port": [1, 65535],
    "Percent": [0, 100],
    "Text": ["a", " a ", "ü"],
}
BAD = {
    "Name": ["", "-a", "a-", "A", "a.b", "a" * 64, "..", ".", "a/b", "a\n", "ä", "a_b", 1, None, True],
    "DnsName": ["", ".a", "a.", "a..b", "A.b", "a/b", "../a", "-a.b"],
    "HostName": ["a", "*", "*.a", "a.*.b", "https://a.b", "a.b:80", "a.b/c"],
    "Cidr": ["10.0.0.0", "10.0.0.0/33", "256.0.0.0/8", "10.0.0/8", "01.0.0.0/8", "::/0", "10.0.0.0/08"],
    "AddressRange": ["10.0.0.1", "10.0.0.1-", "10.0.0.1-10", "10.0.0.1 - 10.0.0.2"],
    "Quantity": ["", "-1", "1 Gi", "1gi", "Gi", "1.Gi", ".5", "1e3", 1, 1.5, "1Kb"],
    "Duration": ["", "5", "5 s", "-5s", "1d", "s", "1h-", 5],
    "Cron": ["", "* * * *", "* * * * * *", "a b c d", "@daily", "0 3 * * *\n"],
    "Repository": ["app", "registry.example/app:1", "a/B", "https://a/b", "a//b", "/a/b", "a/../b", "a/b@c"],
    "Tag": ["", ".a", "-a", "a b", "x" * 129, "a/b", 1.0],
    "Digest": ["", "sha256:", "sha256:" + "0A" * 32, "sha512:" + "0a" * 32, "latest", "Placeholder"],
    "Url": ["http://a.example", "a.example", "git@a:b", "javascript:alert(1)", "https://", "https://a b"],
    "Email": ["a", "a@b", "@a.example", "a b@c.example", "a@b.example\n"],
    "KubernetesVersion": ["1.3", "v1.34", "1.34.1", "2.34", 1.34],
    "HttpPath": ["", "healthz", "/a b", "/a?b", "/a#b", "/a%2e", "/${x}", "/{{x}}"],
    "Port": [0, 65536, "80", 80.5, True, None],
    "Percent": [-1, 101, "50", 0.5],
    "Text": ["", " ", "\n\t", "x" * 501, 1],
}


def _cases(table: dict[str, list]) -> list:
    return [pytest.param(kind, value, id=f"{kind}-{value!r:.24}") for kind in table for value in table[kind]]


def _accepts(kind: str, value: object) -> bool:
    try:
        TypeAdapter(getattr(values, kind)).validate_python(value, strict=True)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(("kind", "value"), _cases(GOOD))
def test_a_good_value_is_accepted(kind, value):
    assert _accepts(kind, value)


@pytest.mark.parametrize(("kind", "value"), _cases(BAD))
def test_a_bad_value_is_refused(kind, value):
    assert not _accepts(kind, value)


def test_every_kind_has_good_and_bad_values():
    assert GOOD.keys() == BAD.keys()


@pytest.mark.parametrize(
    ("text", "expected"),
    [("300ms", 0.3), ("5s", 5), ("1h30m", 5400), ("720h", 2_592_000), ("1m30s500ms", 90.5)],
)
def test_seconds_of_a_duration(text, expected):
    assert values.seconds(text) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("250m", 0.25),
        ("2", 2),
        ("1.5", 1.5),
        ("1k", 1000),
        ("1Ki", 1024),
        ("2Gi", 2 * 1024**3),
        ("1Ei", 2**60),
    ],
)
def test_the_amount_of_a_quantity(text, expected):
    assert values.amount(text) == pytest.approx(expected)


def test_the_amount_of_no_quantity_is_an_error():
    with pytest.raises(ValueError, match="not a quantity"):
        values.amount("1 Gi")


@given(st.integers(0, 10**9), st.sampled_from(["", "m", "k", "M", "G", "Ki", "Mi", "Gi"]))
def test_amounts_order_as_numbers_do(number, suffix):
    assert values.amount(f"{number + 1}{suffix}") > values.amount(f"{number}{suffix}")
