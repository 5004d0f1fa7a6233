"""Branches of which one takes what another gives: they follow each other in a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from netspec.picture.scene import Chain, Edge, Fork, Frame, Part, boxes_of, parting, ways


def untied(root: Chain, edges: Sequence[Edge]) -> Chain:
    """The parts, with the branches of a fork one after the other where one takes from another."""
    way = ways(root)
    tied = set()
    for edge in edges:
        source = way[edge.source]
        part, _ = source[parting(source, way[edge.target])]
        if isinstance(part, Fork):
            tied.add(id(part))
    return _without(root, tied) if tied else root


def _without(part: Chain, tied: set[int]) -> Chain:
    """A chain in which the branches of some forks follow each other."""
    parts: list[Part] = []
    for each in part.parts:
        match each:
            case Fork(branches=branches, main=main):
                made = tuple([_without(branch, tied) for branch in branches])
                if id(each) in tied:
                    parts.extend(sorted(made, key=lambda branch: next(boxes_of(branch)).number))
                else:
                    parts.append(Fork(made, main))
            case Frame(body=body):
                parts.append(replace(each, body=_without(body, tied)))
            case Chain():
                parts.append(_without(each, tied))
            case _:
                parts.append(each)
    return Chain(tuple(parts))
