"""Verdicts on conflicts, entered into what was extracted: the data, its evidence, and the conflicts themselves."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pipeline.ask.pointers import names_of
from pipeline.ask.schema import resolve
from pipeline.merge.values import Conflict, Extraction, is_valid

RULE = "adjudicate"
"""The rule of a conflict that a verdict decided."""


def disputed(extraction: Extraction) -> list[int]:
    """The places of the conflicts on which a verdict can be asked for: values that the default rule chose among."""
    return [
        at for at, one in enumerate(extraction.conflicts) if one.rule == "agree" and not isinstance(one.chosen, list)
    ]


def decided(extraction: Extraction, verdicts: Mapping[int, int | None]) -> Extraction:
    """The extraction by the verdicts: by the conflict's place the candidate's, or None for none of them.

    Every candidate stays in its conflict, which then has the rule "adjudicate".
    """
    data = copy.deepcopy(extraction.data)
    conflicts, evidence = list(extraction.conflicts), dict(extraction.evidence)
    not_found, unverified = list(extraction.not_found), list(extraction.unverified)
    for at, place in sorted(verdicts.items()):
        conflict = conflicts[at]
        chosen = None if place is None else conflict.candidates[place]
        conflicts[at] = replace(conflict, chosen=chosen.value if chosen else None, rule=RULE)
        for other, one in enumerate(conflicts):
            if one.pointer == conflict.pointer and one.rule == "schema":
                conflicts[other] = replace(one, chosen=conflicts[at].chosen)
        _put(data, conflict, chosen.value if chosen else None)
        if chosen is None:
            not_found.append(conflict.pointer)
        if conflict.pointer in evidence:  # a leaf of a record has the record's evidence instead
            unverified = [one for one in unverified if one != conflict.pointer]
            del evidence[conflict.pointer]
            if chosen:
                evidence[conflict.pointer] = chosen.evidence
                unverified += [] if chosen.verified else [conflict.pointer]
    return replace(
        extraction,
        data=data,
        valid=is_valid(data, extraction.schema, resolve(extraction.schema)),
        evidence=evidence,
        conflicts=tuple(conflicts),
        not_found=tuple(not_found),
        unverified=tuple(unverified),
    )


def _put(data: Any, conflict: Conflict, value: Any) -> None:
    *above, last = names_of(conflict.pointer)
    for name in above:
        data = data[int(name)] if isinstance(data, list) else data[name]
    data[int(last) if isinstance(data, list) else last] = value
