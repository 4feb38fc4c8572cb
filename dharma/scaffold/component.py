"""The files of a new component; its test passes before anything was changed."""

from __future__ import annotations

import keyword
from collections.abc import Mapping
from string import Template

from dharma.errors import InputError, Problem
from dharma.scaffold import Files, well_named

RESERVED = frozenset(
    {"base", "components", "conftest", "dharma", "test", *keyword.kwlist, *keyword.softkwlist}
)

_OPTIONS = Template('''\
"""Options of component `$name`."""

from __future__ import annotations

from typing import ClassVar

from dharma.options import Options, PlatformNamespace
from dharma.values import Text


class ${title}Options(Options):
    """What users may set of $name."""

    chart: ClassVar[str] = f"{__package__}.chart:$title"
    requires: ClassVar[tuple[str, ...]] = ("tenancy",)

    message: Text = "hello"
    """Shown to whoever reads the settings."""

    def namespaces(self) -> tuple[PlatformNamespace, ...]:
        """Its own."""
        return (PlatformNamespace("$name"),)
''')
_CHART = Template('''\
"""Component `$name`."""

from __future__ import annotations

from dharma.component import Component, part

from .options import ${title}Options


class $title(Component[${title}Options]):
    """Settings in a namespace of their own."""

    name = "$name"

    def declare(self) -> None:
        """One method a thing."""
        self.settings()

    @part
    def settings(self) -> None:
        """What is read of the options in here is what the object rests on."""
        data = {"message": self.options.message}
        self.object("v1", "ConfigMap", "settings", namespace="$name", data=data)
''')
_TEST = Template('''\
"""Component `$name`: what it renders to."""

from pathlib import Path

import pytest

from dharma.errors import DeclarationError
from dharma.trial import trial

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("options", "message"), [({}, "hello"), ({"message": "good day"}, "good day")], ids=["default", "set"]
)
def test_message_stands_in_the_settings(options: dict[str, str], message: str) -> None:
    (settings,) = trial(ROOT, "$name", options)
    assert (settings.kind, settings.namespace) == ("ConfigMap", "$name")
    assert settings.body["data"] == {"message": message}


def test_unknown_option_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(DeclarationError, match="Did you mean 'message'"):
        trial(ROOT, "$name", {"mesage": "hello"})
''')
_README = Template("""\
# $name

What it is for, in one sentence.

| option | default | meaning |
|---|---|---|
| `message` | `hello` | shown to whoever reads the settings |

It requires `tenancy`, which makes its namespace, and renders one ConfigMap.

```yaml
# environments/base.yaml
components:
  $name: {message: good day}
```
""")


def component_files(name: str, known: Mapping[str, object]) -> Files:
    """Options, chart, page and test of a component by path; raises InputError for a bad name."""
    well_named("component", name, known, RESERVED)
    if not name[0].isalpha():
        raise InputError(
            [Problem(f"component {name!r}", "begins with a digit", "Python names its folder and class.")]
        )
    words = _words(name)
    module = words["module"]
    return {
        f"components/{module}/__init__.py": f'"""Component `{name}`."""\n',
        f"components/{module}/options.py": _OPTIONS.substitute(words),
        f"components/{module}/chart.py": _CHART.substitute(words),
        f"components/{module}/README.md": _README.substitute(words),
        f"tests/components/test_{module}.py": _TEST.substitute(words),
    }


def with_shipped(platform_module: str, name: str) -> str:
    """The text of `dharma/platform.py` with one more shipped component."""
    words = _words(name)
    line = f'    "{name}": "dharma.components.{words["module"]}.options:{words["title"]}Options",\n'
    start = platform_module.index("SHIPPED: ")
    end = platform_module.index("\n}\n", start) + 1
    return platform_module[:end] + line + platform_module[end:]


def _words(name: str) -> dict[str, str]:
    """What a component is called in YAML, as a folder and as a class."""
    title = "".join(part.capitalize() for part in name.split("-"))
    return {"name": name, "module": name.replace("-", "_"), "title": title}
