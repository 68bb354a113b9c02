"""The wire schema of an answer: following references, telling a leaf from a record, and the emptiest valid answer."""

from __future__ import annotations

from typing import Any

from pipeline.offline.chat import BadRequest

Schema = dict[str, Any]
_DEPTH = 24


class Wire:
    """A JSON Schema (draft 2020-12) with its definitions at hand."""

    def __init__(self, root: Schema) -> None:
        from jsonschema import Draft202012Validator
        from jsonschema.exceptions import SchemaError

        try:
            Draft202012Validator.check_schema(root)
        except SchemaError as problem:
            raise BadRequest(f"The wire schema is no valid JSON Schema: {problem.message[:200]}") from problem
        self.root = root
        self._validator = Draft202012Validator(root)

    def resolve(self, schema: Any) -> Schema:
        """The schema itself, local references followed; what stands beside a reference is kept and wins."""
        for _ in range(_DEPTH):
            if not isinstance(schema, dict):
                return {}
            reference = schema.get("$ref")
            if not isinstance(reference, str):
                return schema
            beside = {key: value for key, value in schema.items() if key != "$ref"}
            schema = {**self._at(reference), **beside}
        raise BadRequest("A $ref of the schema leads back to itself.")

    def _at(self, reference: str) -> Schema:
        if not reference.startswith("#"):
            raise BadRequest("A $ref of the schema leads outside of it: only local references are followed.")
        node: Any = self.root
        for step in reference[1:].split("/")[1:]:
            key = step.replace("~1", "/").replace("~0", "~")
            node = node.get(key) if isinstance(node, dict) else None
        if not isinstance(node, dict):
            raise BadRequest(f"The schema has no {reference[:80]!r}.")
        return node

    def options(self, schema: Any) -> list[Schema]:
        """The alternatives of a schema, resolved, what stands beside them handed down; itself if it has none."""
        schema = self.resolve(schema)
        choices = schema.get("anyOf") or schema.get("oneOf")
        if not isinstance(choices, list):
            return [schema]
        outer = {key: value for key, value in schema.items() if key not in ("anyOf", "oneOf")}
        return [{**outer, **option} for choice in choices for option in self.options(choice)]

    def valid(self, value: Any, schema: Schema | None = None) -> bool:
        """Whether a value holds against the whole schema, or against a part of it."""
        validator = self._validator if schema is None else self._validator.evolve(schema=schema)
        return bool(validator.is_valid(value))

    def problem(self, value: Any) -> str:
        """The first thing that is wrong with an answer, in words."""
        error = next(iter(self._validator.iter_errors(value)), None)
        return f"{error.message[:200]} at {error.json_path}" if error else ""

    def blank(self, schema: Any, depth: int = 0) -> Any:
        """The emptiest value that a schema admits: null before anything else. Not every schema has one: check."""
        schema = self.resolve(schema)
        if depth > _DEPTH or self.valid(None, {**schema}):
            return None
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return schema["enum"][0]
        choices = self.options(schema)
        if choices[0] is not schema:
            blanks = (self.blank(choice, depth + 1) for choice in choices)
            return next((value for value in blanks if self.valid(value, schema)), None)
        return self._blank_of_type(schema, depth)

    def _blank_of_type(self, schema: Schema, depth: int) -> Any:
        kind = type_of(schema)
        if kind == "object":
            properties = schema.get("properties", {})
            return {name: self.blank(properties.get(name, {}), depth + 1) for name in schema.get("required", [])}
        if kind == "array":
            return [self.blank(schema.get("items", {}), depth + 1) for _ in range(min(schema.get("minItems", 0), 100))]
        if kind in ("integer", "number"):
            return _near_zero(schema)
        return {"string": "", "boolean": False}.get(kind)


def _near_zero(schema: Schema) -> int | float:
    low: int | float | None = schema.get("minimum")
    high: int | float | None = schema.get("maximum")
    return max(low or 0, 0) or min(high or 0, 0)


def type_of(schema: Schema) -> str:
    """The one type that a schema names beside null; "" where it names none or several."""
    kind = schema.get("type")
    if isinstance(kind, list):
        others = [name for name in kind if name != "null"]
        return others[0] if len(others) == 1 else ""
    if isinstance(kind, str):
        return kind
    return "object" if "properties" in schema else ""
