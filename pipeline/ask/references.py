"""What a user's schema must keep to before anything is done with it, and what its references point at.

A reference stays within the schema: nothing is ever fetched, neither here nor by the validator of `validator`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from pipeline.ask.pointers import names_of, step_of
from pipeline.errors import SchemaError

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

MERGE_RULES = ("agree", "first", "last", "longest", "sum", "union")
"""What `x-merge` may say."""

_NAMED = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
"""Keywords that hold schemas by names of the user's."""
_IN_PLACE = ("allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas")
"""Keywords whose schemas speak of the same value as the one that holds them."""
_VALUES = ("enum", "const", "default", "examples", "required", "dependentRequired", "x-key")
"""Keywords that hold plain values: what looks like a reference there is none."""
_FOREIGN = ("$dynamicRef", "$recursiveRef")

Place = tuple[str, Mapping[str, Any]]
"""A JSON Pointer within the schema, and the part of it that stands there."""


def check(schema: Mapping[str, Any]) -> None:
    """Raise SchemaError, in one sentence, where the schema is no JSON Schema, or one that cannot be used here."""
    try:
        _check_json(schema)
        _check_valid(schema)
        references = References(schema)
        for pointer, part in references.places:
            _check_part(pointer or "its root", part)
            if "$ref" in part:
                references.target(part["$ref"])
        _check_circles(references)
    except RecursionError as error:
        raise SchemaError("The schema is nested too deeply to be read.") from error


def _check_json(schema: Mapping[str, Any]) -> None:
    try:
        same = json.loads(json.dumps(schema, allow_nan=False)) == schema
    except (TypeError, ValueError) as error:
        raise SchemaError(f"The schema holds what JSON cannot: {error}.") from error
    if not same:
        raise SchemaError("The schema holds what JSON cannot: names and values other than JSON's own.")


def _check_valid(schema: Mapping[str, Any]) -> None:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError as Invalid

    try:
        Draft202012Validator.check_schema(dict(schema))
    except Invalid as error:
        place = "/".join(str(step) for step in error.absolute_path) or "its root"
        raise SchemaError(f"The schema is no valid JSON Schema, at {place}: {error.message[:200]}.") from error


def _check_part(place: str, part: Mapping[str, Any]) -> None:
    """Refuse what is valid JSON Schema, or none of its business, and yet of no use here."""
    foreign = next((word for word in _FOREIGN if word in part), None)
    if foreign:
        raise SchemaError(f"The schema has {foreign!r} at {place}, which is not followed: use $ref.")
    if "$id" in part and place != "its root":
        raise SchemaError(f"The schema has an '$id' at {place}: only its root may have one.")
    if not isinstance(part.get("$ref", ""), str):
        raise SchemaError(f"The schema's '$ref' at {place} is no text.")
    key = part.get("x-key", "")
    if not isinstance(key, str) and not (isinstance(key, list) and all(isinstance(name, str) for name in key)):
        raise SchemaError(f"The schema's 'x-key' at {place} must be a name or a list of names.")
    if part.get("x-merge", "agree") not in MERGE_RULES:
        raise SchemaError(f"The schema's 'x-merge' at {place} must be one of {', '.join(MERGE_RULES)}.")
    for pattern in [*_texts(part.get("pattern")), *part.get("patternProperties", ())]:
        try:
            re.compile(pattern)
        except (re.error, OverflowError) as error:
            raise SchemaError(f"The pattern {pattern[:80]!r} at {place} is not understood: {error}.") from error


def _texts(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else []


def _parts(pointer: str, part: Mapping[str, Any]) -> Iterator[Place]:
    """The schemas that a schema holds, under keywords that are known or not."""
    for key, value in part.items():
        below = f"{pointer}/{step_of(key)}"
        if key in _VALUES:
            continue
        if isinstance(value, Mapping) and key not in _NAMED:
            yield below, value
        elif isinstance(value, (Mapping, list)):
            inner = value.items() if isinstance(value, Mapping) else enumerate(value)
            yield from ((f"{below}/{step_of(str(name))}", one) for name, one in inner if isinstance(one, Mapping))


def _check_circles(references: References) -> None:
    """Refuse a schema that says of a value that it is what it itself is: no value would ever be checked to its end."""
    done: set[int] = set()
    for _, part in references.places:
        open_parts: set[int] = set()
        stack = [(part, False)]
        while stack:
            one, left = stack.pop()
            if left:
                open_parts.discard(id(one))
                done.add(id(one))
            elif id(one) in open_parts:
                raise SchemaError("The schema refers to itself in a circle that says nothing of any field.")
            elif id(one) not in done:
                open_parts.add(id(one))
                stack.append((one, True))
                stack += [(next_one, False) for next_one in _in_place(one, references)]


def _in_place(part: Mapping[str, Any], references: References) -> Iterator[Mapping[str, Any]]:
    """The schemas that a value which is checked against `part` is checked against too."""
    if "$ref" in part:
        target = references.target(part["$ref"])
        if isinstance(target, Mapping):
            yield target
    for key in _IN_PLACE:
        held: Any = part.get(key)
        if isinstance(held, Mapping):
            yield from (one for one in (held.values() if key in _NAMED else [held]) if isinstance(one, Mapping))
        elif isinstance(held, list):
            yield from (one for one in held if isinstance(one, Mapping))


class References:
    """What the references of one schema point at. `places` are all the parts of it that are schemas."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._anchors: dict[str, Mapping[str, Any]] = {}
        self._known: set[int] = set()
        self.places: list[Place] = []
        self._walk()

    def _walk(self) -> None:
        stack: list[Place] = [("", self._root)]
        while stack:
            where, one = stack.pop()
            if id(one) in self._known:
                continue
            self._known.add(id(one))
            self.places.append((where, one))
            for word in ("$anchor", "$dynamicAnchor"):
                name = one.get(word)
                if isinstance(name, str) and self._anchors.setdefault(name, one) is not one:
                    raise SchemaError(f"The schema has two parts with the anchor {name[:80]!r}.")
            stack += _parts(where, one)

    def target(self, reference: str) -> Any:
        """The part of the schema that a reference names: `#`, a JSON Pointer (`#/$defs/a`) or an anchor (`#a`)."""
        shown = repr(reference[:80])
        if not reference.startswith("#"):
            raise SchemaError(f"The schema refers to {shown}, outside itself: put that part under $defs.")
        name = unquote(reference[1:])
        if name and not name.startswith("/"):
            if name not in self._anchors:
                raise SchemaError(f"The schema refers to {shown}, which it does not contain.")
            return self._anchors[name]
        place: Any = self._root
        for one in names_of(name):
            place = _below(place, one)
        if not isinstance(place, bool) and id(place) not in self._known:
            raise SchemaError(f"The schema refers to {shown}, which it does not contain.")
        return place


def _below(place: Any, step: str) -> Any:
    """What stands one step below, None where nothing does."""
    if isinstance(place, Sequence) and not isinstance(place, str):
        return place[int(step)] if step.isascii() and step.isdigit() and int(step) < len(place) else None
    return place.get(step) if isinstance(place, Mapping) else None


def validator(schema: Mapping[str, Any]) -> Validator:
    """The validator of a schema that `check` let through. It fetches nothing, and counts multiples in decimals.

    In binary fractions 19.99 is no multiple of 0.01.
    """
    from jsonschema import Draft202012Validator, ValidationError
    from jsonschema.validators import extend
    from referencing import Registry

    def multiple(_: Any, step: float, value: Any, __: Any) -> Iterator[ValidationError]:
        if isinstance(value, (int, float)) and not isinstance(value, bool) and not _divides(step, value):
            yield ValidationError(f"{value!r} is not a multiple of {step}")

    kind: type[Validator] = extend(Draft202012Validator, {"multipleOf": multiple})  # type: ignore[no-untyped-call]
    # The validator would go over to its own class at a part that names its dialect.
    registry: Registry[Any] = Registry()
    return kind({key: value for key, value in schema.items() if key != "$schema"}, registry=registry)


def _divides(step: float, value: float) -> bool:
    quotient = Decimal(repr(value)) / Decimal(repr(step))
    return quotient.is_finite() and quotient == quotient.to_integral_value()
