"""What is asked of pages at once: all fields of the schema, or groups of them where one answer has no room for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.ask import groups
from pipeline.ask.groups import Group, Weights
from pipeline.job import Job
from pipeline.pack.expected import UNBOUNDED, Expected
from pipeline.pack.layout import Figure, Piece
from pipeline.pack.request import Request

_CHARS_OF_FIND = 16
"""Characters in which no more than one leaf can be found: a short label and a value."""
_FINDS_OF_PICTURE = 64
"""Leaves that a picture may show: it may be a scanned form."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A group of fields, the system message that asks for it, and what is expected of its answers."""

    group: Group
    system: str
    expected: Expected

    def of(self, request: Request, job: Job) -> Request:
        """The same pages, asked for this group."""
        tokens, group = job.counter.request(self.system, request.parts), self.group
        return replace(request, system=self.system, tokens=tokens, fields=group.fields, overall=group.overall)


def wanted(job: Job, texts: Sequence[str], pictures: int, reserve: int) -> list[Wanted]:
    """What to ask of pages that hold these texts and so many pictures, in answers of `reserve` tokens at the most."""
    return _wanted(job, Group(None), [*texts], pictures, reserve)


def wanted_of(request: Request, job: Job, reserve: int) -> list[Wanted]:
    """What to ask of a request's pages, of what it asks, in answers of another size."""
    return _wanted(job, _group(request), *_held(request), reserve)


def expected_of(request: Request, job: Job) -> Expected:
    """What is expected of the answer to a request."""
    return _weights(job, *_held(request), request.reserve).expected(_group(request)) if job.tree else UNBOUNDED


def in_halves(request: Request, job: Job) -> list[Request]:
    """The request as two that ask for half of its fields each; itself alone where it asks for one."""
    if job.tree is None:
        return [request]
    weights = _weights(job, *_held(request), request.reserve)
    parts = groups.halves(weights, _group(request))
    return [_with_system(job, weights, part).of(request, job) for part in parts] if len(parts) > 1 else [request]


def mostly_fields(request: Request, job: Job) -> bool:
    """Whether fields that are asked for once are expected to fill more than half of the answer.

    Then halving the pages leaves each half with most of what there is to answer.
    """
    if job.tree is None:
        return False
    weights = replace(_weights(job, *_held(request), request.reserve), records=0)
    fields = weights.pointers(_group(request))
    return len(fields) > 1 and sum(weights.of(fields)) > weights.room // 2


def _wanted(job: Job, within: Group, pieces: list[Piece], pictures: int, reserve: int) -> list[Wanted]:
    if job.tree is None:
        return [Wanted(within, job.prompt(within, reserve).system, UNBOUNDED)]
    weights = _weights(job, pieces, pictures, reserve)
    return [_with_system(job, weights, group) for group in groups.groups(weights, within)]


def _with_system(job: Job, weights: Weights, group: Group) -> Wanted:
    return Wanted(group, job.prompt(group, weights.reserve).system, weights.expected(group))


def _weights(job: Job, pieces: list[Piece], pictures: int, reserve: int) -> Weights:
    assert job.tree is not None
    chars = sum(len(piece) for piece in pieces if isinstance(piece, str))
    finds = chars // _CHARS_OF_FIND + pictures * _FINDS_OF_PICTURE
    alone = Weights(job.tree, job.counter, reserve, finds, 0)
    return replace(alone, records=alone.expected(Group(None, overall=False)).of(pieces, job.counter))


def _held(request: Request) -> tuple[list[Piece], int]:
    """The pieces of a request, and how many of them are pictures."""
    pieces = [piece for unit in request.units for piece in unit.pieces]
    return pieces, sum(isinstance(piece, Figure) for piece in pieces)


def _group(request: Request) -> Group:
    return Group(request.fields, request.overall)
