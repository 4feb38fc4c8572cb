"""The functions Kubernetes adds to CEL that published rules use and the evaluator lacks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from ipaddress import IPv6Address, ip_address, ip_network

from cel_expr_python import cel

_ESCAPE = "%[0-9A-Fa-f]{2}"
_URL = re.compile(
    r"((?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):)?"
    rf"(//((?:[A-Za-z0-9._:~!$&'()*+,;=@-]|{_ESCAPE})*@)?"
    r"(?P<host>(?P<hostname>\[[^\]/?\x00-\x20\x7f]*\]|[A-Za-z0-9._~!$&'()*+,;=<>\"\x80-\U0010ffff-]*)"
    r"(:(?P<port>[0-9]*))?)(?=[/?]|\Z)|(?!//))"
    rf"(?P<path>([^%?\x00-\x1f\x7f]|{_ESCAPE})*)"
    r"(\?[^\x00-\x1f\x7f]*)?"
)


def is_url(text: str) -> bool:
    """Whether the text is an absolute URL or an absolute path."""
    try:
        url(text)
    except ValueError:
        return False
    return True


def url(text: str) -> dict[str, str]:
    """The parts of a URL, each empty where absent, as Go's `url.ParseRequestURI` reads them.

    A `#` starts no fragment there. Raises ValueError for what is no absolute URL or path.
    """
    found = _URL.fullmatch(text)
    if found is None or not (found["scheme"] or text.startswith("/")):
        raise ValueError("URL parse error")
    parts = {name: found[name] or "" for name in ("scheme", "host", "hostname", "port", "path")}
    return {**parts, "hostname": parts["hostname"].strip("[]")}


def is_ip(text: str) -> bool:
    """Whether the text is an IPv4 or IPv6 address without a zone and not an IPv4 one mapped into IPv6."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return not (isinstance(address, IPv6Address) and (address.scope_id or address.ipv4_mapped))


def is_cidr(text: str) -> bool:
    """Whether the text is an address, a slash and a number of bits."""
    address, slash, bits = text.partition("/")
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return bool(slash) and bits.isdecimal() and is_ip(address)


def declared() -> list[cel.FunctionDecl]:
    """The functions as the evaluator wants them declared."""
    text, true, parts = cel.Type.STRING, cel.Type.BOOL, cel.Type.Map(cel.Type.STRING, cel.Type.STRING)
    tests = {"isURL": is_url, "isIP": is_ip, "isCIDR": is_cidr}
    getters = {"getScheme": "scheme", "getHost": "host", "getHostname": "hostname", "getPort": "port"}
    getters["getEscapedPath"] = "path"
    functions = [_function(name, [text], true, test) for name, test in tests.items()]
    functions += [
        _function(name, [parts], text, _getter(part), member=True) for name, part in getters.items()
    ]
    return [*functions, _function("url", [text], parts, url)]


def _function(
    name: str,
    takes: list[cel.Type],
    gives: cel.Type,
    run: Callable[..., object],
    *,
    member: bool = False,
) -> cel.FunctionDecl:
    overload = cel.Overload(f"{name}_1", gives, takes, is_member=member, impl=run)
    return cel.FunctionDecl(name, [overload])


def _getter(part: str) -> Callable[[Mapping[str, str]], str]:
    return lambda parts: parts[part]
