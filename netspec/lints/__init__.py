"""The lints: warnings for parts of a network that are allowed and seldom meant. Found by walking this package.

A lint is one class in one small file, with its code, its name, its reason and its examples; the command line and
``docs/lints.md`` are made from these. None imports torch.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import cache
from itertools import pairwise

from netspec.choices.registry import imported
from netspec.diagnostics import Diagnostic, Related, Span
from netspec.lints.base import Finding, Lint, Network

_LISTED = 3
"""The most calls of one entry that a note names; for more, only their number is given."""


@cache
def lints() -> dict[str, Lint]:
    """Every lint by its name, in the order of the codes."""
    imported(__name__)
    found = sorted((cls() for cls in Lint.__subclasses__()), key=lambda lint: lint.code.number)
    for one, other in pairwise(found):
        if one.code.number == other.code.number:
            raise TypeError(f"{type(one).__name__} and {type(other).__name__} share {one.code.number}")
    return {lint.name: lint for lint in found}


def find_lints(network: Network, ignored: Collection[str] = ()) -> list[Diagnostic]:
    """Warnings for a network, in the order of the codes; one for each entry, however often it is called.

    Args:
        network: The network to check.
        ignored: Names and codes of ignored lints.
    """
    chosen = [lint for lint in lints().values() if not {lint.name, lint.code.number} & set(ignored)]
    return [diagnostic for lint in chosen for diagnostic in _diagnostics(lint, network)]


def _diagnostics(lint: Lint, network: Network) -> Iterator[Diagnostic]:
    places: dict[Span | None, list[Finding]] = {}
    for finding in lint.check(network):
        places.setdefault(finding.place, []).append(finding)
    for span, (first, *others) in places.items():
        diagnostic = Diagnostic(
            lint.code, first.message, span, first.found, first.expected, first.help, severity="warning"
        )
        yield replace(diagnostic, related=(Related(None, _others(others)),)) if others else diagnostic


def _others(findings: list[Finding]) -> str:
    """The further calls of an entry: ``the same in layer1.1.conv1 and 14 more``."""
    paths = list(dict.fromkeys(finding.node.path for finding in findings if finding.node))
    more = f" and {len(paths) - _LISTED} more" if len(paths) > _LISTED else ""
    return f"the same in {', '.join(f'`{path}`' for path in paths[:_LISTED])}{more}"
