"""What the user's schema asks for: each leaf with the names it may go by and the sort of value it holds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pipeline.offline.fields.labels import Reading, readings, telling
from pipeline.offline.wire import Schema, Wire, type_of

Kind = Literal[
    "date", "year", "money", "percent", "number", "integer", "duration", "boolean", "enum", "email", "phone", "url",
    "iban", "bic", "doi", "currency", "code", "person", "company", "address", "text", "long",
]  # fmt: skip

NUMERIC: frozenset[Kind] = frozenset({"money", "percent", "number", "integer", "year"})
Path = tuple[str, ...]
"""Names of properties from the outside in."""

_DEPTH = 12

_MONEY = frozenset(
    "amount price total cost revenue salary fee rent tax income profit discount balance deposit debit credit "
    "premium pay "
    "cash equity asset liability debt expense dividend earning value subtotal budget capital shipping sale ebit ebitda "
    "goodwill inventory charge commitment loan payment wage bonus turnover expenditure flow funding limit".split()
)
_PERCENT = frozenset("percent percentage rate margin growth change ratio pct".split())
_CODES = frozenset("number sku code serial isbn ticker registration vat".split())
_PERSONS = frozenset(
    "person author contact chief officer chair employee patient physician signatory witness athlete candidate manager "
    "attendee director taker responsible president secretary".split()
)
_COMPANIES = frozenset(
    "company seller buyer bank auditor manufacturer insurer lender borrower agent arranger landlord tenant party "
    "provider "
    "licensor licensee employer organization guarantor".split()
)
_EARLIER = frozenset("previous prior preceding before last".split())
_GENERIC = frozenset("name address email phone city country street postal code iban".split())
_UNITS = {"day", "month", "week", "year"}
_LONG = frozenset(
    "abstract statement definition clause conclusion purpose proceed obligation provision objective procedure scope "
    "background diagnosis method".split()
)


@dataclass(frozen=True, slots=True)
class Field:
    """One leaf that is asked for."""

    path: tuple[str, ...]
    names: tuple[Reading, ...]
    """What it may be called on a page; where `needs_parent`, with the words of the object that holds it."""
    owner: tuple[Reading, ...]
    """Readings of the holding object's name: () at the top."""
    needs_parent: bool
    context: Reading
    kind: Kind
    schema: Schema
    description: str

    @property
    def own(self) -> tuple[Reading, ...]:
        """Readings of the field's own name alone."""
        return readings(self.path[-1], False) if self.path else ()


def leaf_options(wire: Wire, schema: Schema) -> tuple[Schema, Schema] | None:
    """(wrapper, value schema with what describes it) where a schema is {"quote", "page", "value"}; else None."""
    for option in wire.options(schema):
        properties = option.get("properties", {})
        if set(properties) == {"quote", "page", "value"}:
            value = wire.resolve(properties["value"])
            outer: Schema = {key: option[key] for key in ("title", "description", "examples") if key in option}
            return option, {**outer, **value}
    return None


def array_option(wire: Wire, schema: Schema) -> Schema | None:
    """The schema's own form as an array, or None."""
    return next((option for option in wire.options(schema) if type_of(option) == "array"), None)


def object_option(wire: Wire, schema: Schema) -> Schema | None:
    """The schema's own form as an object with named properties, or None."""
    return next((option for option in wire.options(schema) if isinstance(option.get("properties"), dict)), None)


def fields_of(wire: Wire, schema: Schema, path: tuple[str, ...] = ()) -> list[Field]:
    """Every scalar leaf outside of arrays, in the schema's order."""
    found = list(_leaves(wire, schema, path, ()))
    names = Counter(frozenset(readings(field.path[-1])) for field in found)
    return [_with_parent(field, names[frozenset(readings(field.path[-1]))] > 1) for field in found]


def _leaves(wire: Wire, schema: Schema, path: tuple[str, ...], told: tuple[str, ...]) -> Iterator[Field]:
    if len(path) > _DEPTH:
        return
    leaf = leaf_options(wire, schema)
    if leaf:
        yield make_field(wire, path, leaf[1], told)
    elif array_option(wire, schema) is None:
        held = object_option(wire, schema)
        if held:
            heard = (*told, *_said(held))
            for name, inner in held["properties"].items():
                yield from _leaves(wire, inner, (*path, name), heard)


def _said(schema: Schema) -> tuple[str, ...]:
    return tuple(str(schema[key]) for key in ("title", "description") if schema.get(key))


def make_field(wire: Wire, path: tuple[str, ...], schema: Schema, told: Sequence[str] = ()) -> Field:
    """A field of a value schema; `told` are titles and descriptions of what holds it."""
    options = [option for option in wire.options(schema) if option.get("type") != "null"]
    value = options[0] if len(options) == 1 else {**schema, **_union(options)}
    described = " ".join(_said(value) or _said(schema))
    own = [
        reading for text in (path[-1] if path else "", str(value.get("title", ""))) for reading in readings(text, False)
    ]
    own += _first_words(str(value.get("description", "")))
    held = (*readings(path[-2], False), *_alternatives(told[-1] if told else "")) if len(path) > 1 else ()
    words = frozenset(word for text in (described, *path) for reading in readings(text) for word in reading)
    heard = frozenset(word for text in told for reading in readings(text) for word in reading)
    kind = kind_of(value, own, described, path[-1] if path else "")
    own = [reading for reading in own if reading]
    units = _UNITS if kind == "duration" else {"percent"} if kind == "percent" else set[str]()
    own = [reading - units for reading in own if reading - units] or own
    if any({"year"} < reading and reading & _EARLIER for reading in own):
        own = [reading - _EARLIER - {"year"} for reading in own]  # the column says the year, not the label
    if kind == "date":
        own += [reading - {"date"} for reading in own if telling(reading - {"date"}) and len(reading) == 2]
    return Field(path, tuple(dict.fromkeys(own)), held, False, words | heard, kind, value, described)


def _union(options: Sequence[Schema]) -> Schema:
    """Of several types the one that is the most telling: a number before a text."""
    for kind in ("number", "integer", "string", "boolean"):
        for option in options:
            if type_of(option) == kind:
                return {key: value for key, value in option.items() if key != "anyOf"}
    return {}


def _first_words(description: str) -> list[Reading]:
    """A description that opens like a label ("Invoice number, as printed") names the field too."""
    opening = re.split(r"[.,;:(\u2014]|\sin\s(?!which|the\b|dem\b|der\b)", description, maxsplit=1)[0]
    found = readings(opening, False)[:1] if 0 < len(opening.split()) <= 4 else ()
    return [reading for reading in found if telling(reading)]


def _alternatives(description: str) -> list[Reading]:
    """A short description that names a thing in other words ("The regular fee or rent") gives the last word of each."""
    pieces = re.split(r"\s(?:or|and|oder|ou)\s|[/,]", description.rstrip(".")) if len(description.split()) <= 6 else []
    return [reading for piece in pieces for reading in readings(piece.split()[-1] if piece.split() else "", False)[:1]]


def _with_parent(field: Field, shared: bool) -> Field:
    """A name that several objects share, or one that says little, needs the words of its holder to be found."""
    bare = all(not telling(reading) for reading in field.own) if field.own else True
    generic = any(reading <= _GENERIC for reading in field.own)
    if not field.owner or not (shared or ((bare or generic) and _is_entity(field.owner))):
        joined = [own | held for own in field.own for held in field.owner]
        if bare and field.owner and not _is_entity(field.owner):
            joined += list(field.owner)  # the amount of a fee is called a fee
        own = () if bare and field.owner and field.kind in NUMERIC else field.names
        return replace(field, names=tuple(dict.fromkeys((*own, *joined))))
    joined = [own | held for own in field.names for held in field.owner]
    if any(reading <= {"name"} for reading in field.own):
        joined += list(field.owner)
    return replace(field, names=tuple(dict.fromkeys(joined)), needs_parent=True)


def _is_entity(owner: Sequence[Reading]) -> bool:
    """Whether an object's name is that of somebody ("buyer", "employer"), and not of a mere group ("meta", "terms")."""
    return any(reading & (_COMPANIES | _PERSONS | {"ship", "insured", "holder", "customer"}) for reading in owner)


def kind_of(schema: Schema, names: Sequence[Reading], described: str, name: str) -> Kind:
    """The sort of value that a leaf holds, by type, format, enum, name and description."""
    told = described.casefold()
    words = set[str]().union(*names)
    if type_of(schema) == "boolean":
        return "boolean"
    if schema.get("enum"):
        return "currency" if words & {"currency"} else "enum"
    if type_of(schema) in ("integer", "number"):
        return _numeric_kind(schema, words, told, name)
    by_format: dict[str, Kind] = {"date": "date", "date-time": "date", "email": "email", "uri": "url", "url": "url"}
    if schema.get("format") in by_format:
        return by_format[schema["format"]]
    return _text_kind(words, told)


def _numeric_kind(schema: Schema, words: set[str], told: str, name: str) -> Kind:
    if "year" in words and not words & ({"duration", "period", "experience", "age"} | _MONEY):
        return "year"
    if "%" in told or "percent" in told or (words & _PERCENT and not words & {"hourly", "unit", "daily"}):
        return "percent"
    if re.search(r"\bin (?:days|weeks|months|years|tagen|monaten)\b|number of (?:days|months|years|weeks)", told) or (
        re.search(r"(?:days|months|weeks|years)$|_(?:day|month|week)$", name, re.IGNORECASE) or "duration" in words
    ):
        return "duration"
    if words & {"employee", "quantity", "count", "page", "number", "position", "rank", "age", "outstanding"}:
        return "integer" if type_of(schema) == "integer" else "number"
    if words & _MONEY or re.search(r"\b(?:currency|euros?|usd|dollars|money|monetary|amount)\b", told):
        return "money"
    return "integer" if type_of(schema) == "integer" else "number"


def _text_kind(words: set[str], told: str) -> Kind:
    if re.search(r"yyyy-mm|iso[- ]?8601", told) or (words & {"date"} and not words & {"number", "place"}):
        return "date"
    exact: tuple[tuple[str, Kind], ...] = (
        ("currency", "currency"), ("email", "email"), ("phone", "phone"), ("fax", "phone"), ("website", "url"),
        ("iban", "iban"), ("bic", "bic"), ("doi", "doi"), ("address", "address"), ("office", "address"),
        ("duration", "duration"),
    )  # fmt: skip
    for word, kind in exact:
        if word in words:
            return kind
    if words & {"notice", "warranty"} or ("period" in words and re.search(r"\b(days|months|years|weeks)\b", told)):
        return "duration"
    if words & _CODES and not words & {"postal", "language"}:
        return "code"
    if words & _LONG:
        return "long"
    if words & _COMPANIES:
        return "company"
    if words & _PERSONS or words >= {"full", "name"} or words >= {"name", "last"} or words >= {"first", "name"}:
        return "person"
    return "text"
