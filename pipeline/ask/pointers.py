"""JSON Pointers (RFC 6901): names as the steps of one, and back."""

from __future__ import annotations


def step_of(name: str) -> str:
    """A name as a step: that of "a/b" is "a~1b"."""
    return name.replace("~", "~0").replace("/", "~1")


def names_of(pointer: str) -> list[str]:
    """The names that a pointer leads through: "/a~1b/0" through "a/b" and "0"."""
    return [one.replace("~1", "/").replace("~0", "~") for one in pointer.split("/")[1:]]
