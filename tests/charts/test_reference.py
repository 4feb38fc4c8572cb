"""References: names that no program is given."""

import pytest

from dharma.charts.reference import Reference, safe
from dharma.errors import InputError

GOOD = {
    "https": ("https://charts.example/stable", "lamp", "1.0.0"),
    "oci": ("oci://registry.example/charts", "lamp-2.x_y", "v1.0.0-rc.1+build.5"),
    "plain http to this machine": ("http://127.0.0.1:8080", "lamp", "1.2"),
}
BAD = {
    "name is a dot": ("https://charts.example", ".", "1.0.0"),
    "name climbs": ("https://charts.example", "..", "1.0.0"),
    "name has a slash": ("https://charts.example", "a/b", "1.0.0"),
    "name has a backslash": ("https://charts.example", "a\\b", "1.0.0"),
    "name is a flag": ("https://charts.example", "--post-renderer", "1.0.0"),
    "name is empty": ("https://charts.example", "", "1.0.0"),
    "name hides an escape": ("https://charts.example", "a\x1b[2J", "1.0.0"),
    "name climbs in the middle": ("https://charts.example", "a..b", "1.0.0"),
    "name ends with a line": ("https://charts.example", "lamp\n", "1.0.0"),
    "version is a range": ("https://charts.example", "lamp", ">=1.0.0"),
    "version is a star": ("https://charts.example", "lamp", "*"),
    "version has a slash": ("https://charts.example", "lamp", "1.0.0/../2"),
    "version is empty": ("https://charts.example", "lamp", ""),
    "repository is a file": ("file:///etc", "lamp", "1.0.0"),
    "repository is a folder": ("../charts", "lamp", "1.0.0"),
    "repository is plain http": ("http://charts.example", "lamp", "1.0.0"),
    "repository is a git address": ("git+https://charts.example", "lamp", "1.0.0"),
    "repository is a flag": ("--repository-config=x", "lamp", "1.0.0"),
    "repository has a password": ("https://user:word@charts.example", "lamp", "1.0.0"),
    "repository has a query": ("https://charts.example?token=1", "lamp", "1.0.0"),
    "repository climbs": ("https://charts.example/../x", "lamp", "1.0.0"),
    "repository has a space": ("https://charts.example/a b", "lamp", "1.0.0"),
    "repository has no host": ("https:///charts", "lamp", "1.0.0"),
    "repository's host is broken": ("https://[::1", "lamp", "1.0.0"),
}


@pytest.mark.parametrize("parts", GOOD.values(), ids=GOOD)
def test_a_plain_reference_is_taken(parts):
    safe([Reference(*parts)])


@pytest.mark.parametrize("parts", BAD.values(), ids=BAD)
def test_a_reference_that_may_mislead_a_program_is_refused(parts):
    with pytest.raises(InputError) as stop:
        safe([Reference(*parts)])
    assert "\x1b" not in str(stop.value)


def test_all_references_are_complained_about_at_once():
    with pytest.raises(InputError) as stop:
        safe([Reference("https://charts.example", "..", "*"), Reference("ftp://x", "lamp", "1.0.0")])
    assert len(stop.value.problems) == 3
