"""The native half of Dharma: a YAML emitter and the embedded Rego engine."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, final

def emit(obj: Mapping[str, Any]) -> bytes:
    """One JSON-shaped object as a block-style YAML document in UTF-8, ended by a newline.

    Keys are sorted by code point; at the top apiVersion, kind and metadata come first. YAML 1.1 and 1.2
    readers get the same value back. `TypeError` names the path of what is not a dict, list, tuple, str, int,
    float, bool or None, or of a key that is not a str; `ValueError` the path of NaN, an infinity, a lone
    surrogate or nesting beyond 200 levels.
    """

def emit_all(objs: Iterable[Mapping[str, Any]]) -> list[bytes]:
    """`emit` of each object, in order; the path of a refused value starts with its object's index."""

@final
class Fault:
    """One error as a value; `str` gives `file:line:column: message`.

    `line` and `column` count from 1; they are 0, and `file` is empty, where there is no place.
    """

    @property
    def kind(
        self,
    ) -> Literal["parse", "refused", "compile", "data", "input", "rule", "builtin", "runtime", "panic"]:
        """`parse` to `data` come from loading, `input` and `rule` from a question, the rest from evaluation."""

    @property
    def message(self) -> str: ...
    @property
    def file(self) -> str: ...
    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...
    def __hash__(self) -> int: ...

class RegoError(Exception):
    """Policies, data, an input or a rule path that the engine refuses, or a rule that failed."""

    faults: tuple[Fault, ...]
    """Every reason, one a line of the exception's text."""

@final
class Inputs:
    """Inputs parsed once for any number of rules: a list of JSON texts, or the text of one JSON array.

    `RegoError` names each that is not JSON.
    """

    def __new__(cls, json: Sequence[str]) -> Inputs: ...
    def __len__(self) -> int: ...

@final
class Engine:
    """Policies as (path, source) and a JSON object of data, with strict built-in errors.

    `RegoError` carries all faults of all policies: syntax, calls of functions that the engine lacks or gets
    wrong, functions that call themselves, literals nested beyond 12 levels. One engine serves one thread at a
    time; evaluation releases the GIL.
    """

    def __new__(
        cls, policies: Sequence[tuple[str, str]], data: str = "{}", *, coverage: bool = False
    ) -> Engine: ...
    def clone(self) -> Engine:
        """An engine for another thread, which shares what was loaded and has run nothing yet."""

    def eval(self, rule: str, input: str = "{}") -> str | None:
        """The JSON text of a rule such as `data.dharma.images.digest.deny`, or None where it is undefined.

        Sets are written as sorted arrays. `RegoError` where the rule fails or no policy defines it.
        """

    def eval_batch(self, rule: str, inputs: Inputs) -> list[str | Fault | None]:
        """`eval` for each input, in order; a failure is its input's `Fault` and stops nothing."""

    def coverage(self) -> dict[str, tuple[list[int], list[int]]]:
        """For each file the lines that ran and those that never did, since loading with `coverage=True`."""

    def take_prints(self) -> list[str]:
        """What `print` calls wrote since the last call, each as `file:line: text`."""
