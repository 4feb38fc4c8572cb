"""The kinds of files under environments/ as models, for checking one file alone and for editors.

What a single file says is partial (a layer); what all layers say together is a `Target`.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import Field, create_model
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core.core_schema import DictSchema

from dharma.declared import Declared, Layer, partial
from dharma.options import Options
from dharma.platform import Platform
from dharma.policy.enforcement import Enforcement
from dharma.policy.waiver import Waivers
from dharma.service import Service
from dharma.settings import Cluster, RegionFacts, Settings
from dharma.target import Target
from dharma.tenant import Tenant, TenantOverride
from dharma.values import Name, Text, Versions

_Options = tuple[tuple[str, type[Options]], ...]


def components_model(platform: Platform) -> type[Declared]:
    """One optional field a component, typed by its options."""
    return _components(tuple(platform.items()))


def target_model(platform: Platform) -> type[Target]:
    """What all layers of one target must say together."""
    return _target(components_model(platform))


def environment_file(platform: Platform) -> type[Declared]:
    """base.yaml and <environment>.yaml."""
    return _environment(components_model(platform))


@cache
def _components(options: _Options) -> type[Declared]:
    fields: dict[str, Any] = {
        name.replace("-", "_"): (model | None, Field(default=None, alias=name, description=model.__doc__))
        for name, model in options
    }
    return create_model("Components", __base__=Layer, __doc__="Components by name.", **fields)


@cache
def _target(components: type[Declared]) -> type[Target]:
    return create_model("Target", __base__=Target, __doc__=Target.__doc__, components=(components, ...))


@cache
def _environment(components: type[Declared]) -> type[Declared]:
    shared: dict[str, Any] = {
        **_fields(Settings),
        "components": (components, Field(description="Components and their options.")),
        "service_defaults": (Service, Field(description="What every service gets.", alias="serviceDefaults")),
    }
    cluster = _part("Cluster", Cluster.__doc__, _fields(Cluster) | shared)
    clusters: dict[str, Any] = {
        "cluster": (cluster, Field(description="The region's only cluster.")),
        "clusters": (_by_name(cluster), Field(description="The region's clusters, where it has several.")),
    }
    region = _part("Region", RegionFacts.__doc__, _fields(RegionFacts) | clusters | shared)
    regions: dict[str, Any] = {
        "description": (Text, Field(description="What the environment is for.")),
        "regions": (_by_name(region), Field(description="Regions by name; names are free.")),
        "dharma": (Versions, Field(description="In base.yaml: versions of Dharma that may build it.")),
    }
    what = "What base.yaml says for all environments, or one file for one environment."
    return partial(_part("Environment", what, regions | shared))


@cache
def tenants_file() -> type[Declared]:
    """tenants.yaml."""
    overrides: dict[str, Any] = {
        "environments": (_by_name(TenantOverride), Field(description="By environment."))
    }
    tenant = _part("Tenant", Tenant.__doc__, _fields(Tenant) | overrides)
    tenants: dict[str, Any] = {"tenants": (_by_name(tenant), Field(description="Tenants by name."))}
    return partial(_part("Tenants", "The tenants of the platform by name.", tenants))


@cache
def service_file() -> type[Declared]:
    """services/<name>.yaml."""
    regions: dict[str, Any] = {
        "regions": (_by_name(Service), Field(description="By region, laid over all else."))
    }
    override = _part(
        "ServiceOverride", "What an environment sets differently for a service.", _fields(Service) | regions
    )
    environments: dict[str, Any] = {
        "environments": (_by_name(override), Field(description="By environment."))
    }
    return partial(_part("ServiceFile", Service.__doc__, _fields(Service) | environments))


def _part(name: str, what: str | None, fields: dict[str, Any]) -> type[Declared]:
    return create_model(name, __base__=Layer, __doc__=what, **fields)


def _fields(model: type[Declared]) -> dict[str, Any]:
    return {name: (info.rebuild_annotation(), info) for name, info in model.model_fields.items()}


def _by_name(kind: Any) -> Any:
    return dict[Name, kind]


def file_kinds(platform: Platform) -> dict[str, type[Declared]]:
    """Every kind of file by the name under which its schema is printed."""
    return {
        "environment": environment_file(platform),
        "tenants": tenants_file(),
        "service": service_file(),
        "waivers": Waivers,
        "enforcement": Enforcement,
    }


class _Schema(GenerateJsonSchema):
    """Names of entries are checked as pydantic does: all of them, length included."""

    def dict_schema(self, schema: DictSchema) -> JsonSchemaValue:
        found = super().dict_schema(schema)
        if patterns := found.pop("patternProperties", None):
            (found["additionalProperties"],) = patterns.values()
            found["propertyNames"] = self.generate_inner(schema["keys_schema"])
        return found


def json_schema(name: str, model: type[Declared]) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a kind of file."""
    schema = model.model_json_schema(by_alias=True, schema_generator=_Schema)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"Dharma {name} file"}
    return head | {key: value for key, value in schema.items() if key != "title"}
