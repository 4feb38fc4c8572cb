"""Kinds of values in environments/, each a pattern that editors check as well as Dharma does.

Everything that one value alone can get wrong is in its pattern; what needs arithmetic or
neighbours (host bits, overlaps, references) is checked in `dharma.consistency`.
"""

from __future__ import annotations

import re
from typing import Annotated, TypeVar

from pydantic import Field, Strict, StringConstraints

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_OCTET = r"(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = rf"{_OCTET}(\.{_OCTET}){{3}}"
_CRON_FIELD = r"(\*|[0-9A-Za-z]+(-[0-9A-Za-z]+)?)(/[0-9]+)?(,(\*|[0-9A-Za-z]+(-[0-9A-Za-z]+)?)(/[0-9]+)?)*"

Item = TypeVar("Item")
Items = Annotated[tuple[Item, ...], Strict(False)]

Name = Annotated[str, StringConstraints(pattern=rf"^{_LABEL}$", max_length=63)]
"""A DNS-1123 label: what Kubernetes takes as the name of nearly everything (RFC 1123)."""

DnsName = Annotated[str, StringConstraints(pattern=rf"^{_LABEL}(\.{_LABEL})*$", max_length=253)]
"""A DNS-1123 subdomain."""

HostName = Annotated[str, StringConstraints(pattern=rf"^(\*\.)?{_LABEL}(\.{_LABEL})+$", max_length=253)]
"""A fully qualified host, the first label possibly a wildcard."""

Cidr = Annotated[str, StringConstraints(pattern=rf"^{_IPV4}/(3[0-2]|[12]?[0-9])$")]
"""An IPv4 network such as 10.16.0.0/14 (RFC 4632)."""

AddressRange = Annotated[str, StringConstraints(pattern=rf"^({_IPV4}/(3[0-2]|[12]?[0-9])|{_IPV4}-{_IPV4})$")]
"""Addresses of a load-balancer pool: a network or first-last, as MetalLB writes them."""

_QUANTITY = r"^([0-9]+(\.[0-9]+)?)(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$"
Quantity = Annotated[str, StringConstraints(pattern=_QUANTITY, max_length=32)]
"""A Kubernetes quantity such as 250m, 1.5 or 2Gi; always in quotes or with a suffix."""

Duration = Annotated[str, StringConstraints(pattern=r"^([0-9]+(ms|s|m|h))+$", max_length=32)]
"""A duration as Go and Istio write it: 300ms, 5s, 1h30m."""

Cron = Annotated[str, StringConstraints(pattern=rf"^{_CRON_FIELD}( {_CRON_FIELD}){{4}}$", max_length=128)]
"""Five fields of crontab(5)."""

Repository = Annotated[
    str,
    StringConstraints(
        pattern=rf"^{_LABEL}(\.{_LABEL})*(:[0-9]{{1,5}})?(/[a-z0-9]+([._-]+[a-z0-9]+)*)+$", max_length=255
    ),
]
"""An image's registry and repository without tag or digest."""

Tag = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$")]
"""An image tag (OCI distribution specification)."""

PLACEHOLDER = "placeholder"
Digest = Annotated[str, StringConstraints(pattern=rf"^(sha256:[0-9a-f]{{64}}|{PLACEHOLDER})$")]
"""A digest computed from an image's bytes, or the word `placeholder` where there is none yet."""

Url = Annotated[str, StringConstraints(pattern=r"^(https|ssh|file)://[^\s<>\"]+$", max_length=2048)]
"""A repository or service URL; plain http is refused."""

Email = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._+-]+@[a-z0-9.-]+\.[a-z]+$", max_length=254)]
"""A mail address that alerts may be sent to."""

KubernetesVersion = Annotated[str, StringConstraints(pattern=r"^1\.[0-9]{2}$")]
"""A minor release such as "1.34", in quotes so that YAML does not read a number."""

HttpPath = Annotated[str, StringConstraints(pattern=r"^/[A-Za-z0-9._~/*-]*$", max_length=255)]
"""An absolute HTTP path or path prefix."""

_CLAUSE = r"(==|>=|<=|!=|>|<)[0-9]+(\.[0-9]+){0,2}"
Versions = Annotated[str, StringConstraints(pattern=rf"^{_CLAUSE}(, ?{_CLAUSE})*$", max_length=100)]
"""Conditions on Dharma's version that must all hold, such as `>=0.1,<0.2`."""

Port = Annotated[int, Field(ge=1, le=65535)]
Percent = Annotated[int, Field(ge=0, le=100)]
Text = Annotated[str, StringConstraints(pattern=r"\S", max_length=500)]

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_SCALES = {"": 1.0, "m": 1e-3} | {s: 1000.0**i for i, s in enumerate("kMGTPE", 1)}
_SCALES |= {f"{s}i": 1024.0**i for i, s in enumerate("KMGTPE", 1)}


def seconds(duration: str) -> float:
    """Seconds of a `Duration`."""
    return sum(int(n) * _UNITS[unit] for n, unit in re.findall(r"([0-9]+)(ms|s|m|h)", duration))


def amount(quantity: str) -> float:
    """The number a `Quantity` stands for, in cores or bytes."""
    match = re.match(_QUANTITY, quantity)
    if match is None:
        raise ValueError(f"{quantity!r} is not a quantity")
    return float(match[1]) * _SCALES[match[3] or ""]
