"""The mistakes, found by importing this package's files: a new file with a `Mistake` class is all it takes."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from netspec.choices.registry import imported
from netspec.diagnostics import Code, Diagnostic
from netspec.diagnostics.codes import LintCode
from netspec.fixes.base import Mistake


@cache
def mistakes(code: Code | LintCode) -> tuple[Mistake, ...]:
    """The mistakes that a code may come from, by the names of their files."""
    imported(__name__)
    found = sorted(Mistake.__subclasses__(), key=lambda cls: (cls.__module__, cls.__qualname__))
    return tuple(cls() for cls in found if code in cls.codes)


def mended(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """The diagnostics of lints for which there are mistakes, and so fixes."""
    return [each for each in diagnostics if isinstance(each.code, LintCode) and mistakes(each.code)]
