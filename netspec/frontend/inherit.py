"""`extends`: several texts become one document, in which each value keeps its place."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import field, replace
from pathlib import Path
from typing import Any

from netspec.diagnostics import Code, NetspecError, Span, unknown
from netspec.files.resources import resource_folder
from netspec.frontend import source
from netspec.frontend.source import Path_, Source
from netspec.objects.immutable import immutable

MERGED = ("params", "let", "blocks", "weights")
OWN = ("name", "doc", "references", "budget", "results", "extends")
OWN_INSIDE = ("weights", "source")
"""The key of `weights` that is not inherited: an extending spec has other layers, or at least another purpose."""
BODIES = ("layers", "sequence")
INPUTS = ("input", "inputs")

FindZoo = Callable[[str], Path | None]
"""Returns the file of a zoo name, or None."""


@immutable
class Merged:
    """The data of a spec and of all specs that it extends.

    Attributes:
        sources: The texts, the spec's own first.
        owners: The text that a key (of one or two levels; of a setting, of any) comes from, if not the first.
    """

    data: dict[str, Any]
    sources: tuple[Source, ...]
    owners: Mapping[Path_, Source] = field(repr=False)

    def owner(self, path: Path_) -> Source:
        """The text that contains the value at `path`."""
        if not self.owners:
            return self.sources[0]
        each = (self.owners.get(path[:length]) for length in range(len(path), 0, -1))
        return next((owner for owner in each if owner is not None), self.sources[0])

    def span(self, path: Path_) -> Span | None:
        """The place of a value."""
        return self.owner(path).span(path)

    def key_span(self, path: Path_) -> Span | None:
        """The place of a value's key."""
        return self.owner(path).key_span(path)

    def has(self, path: Path_) -> bool:
        """Whether a value is written at exactly this path."""
        return self.owner(path).has(path)

    def written(self, path: Path_) -> str | None:
        """A scalar as written."""
        return self.owner(path).written(path)

    def is_broken(self, path: Path_) -> bool:
        """Whether the value lies in a mapping or list that YAML tore apart at an expression."""
        return self.owner(path).is_broken(path)


def inherit(own: Source, file: Path | None, zoo: FindZoo) -> Merged:
    """A text merged with the specs that it extends.

    Raises:
        NetspecError: `extends` finds nothing, leaves the folder, or forms a cycle.
    """
    chain, files = [own], [_real(file)] if file else []
    root = _real(file).parent if file else None
    while (target := chain[-1].data.get("extends")) is not None:
        here = chain[-1]
        path, root = _find(target, here, files[-1] if files else None, root, zoo)
        if _real(path) in files:
            raise NetspecError.of(
                Code.EXTENDS_CYCLE,
                f"`{target}` already extends this spec",
                span=here.span(("extends",)),
                help="leave `extends` out of one of them",
            )
        files.append(_real(path))
        chain.append(source.read(path))
    data: dict[str, Any] = dict(chain[-1].data)
    owners: dict[Path_, Source] = {(key,): chain[-1] for key in data}
    for text in reversed(chain[:-1]):
        data, owners = _lay_over(text, data, owners)
    return Merged(data, tuple(chain), {path: text for path, text in owners.items() if text is not own})


def _real(path: Path) -> Path:
    """A path without links; for a cycle of links, on which `Path.resolve` raises, as far as it can be resolved."""
    return Path(os.path.realpath(path))


def _find(target: Any, here: Source, file: Path | None, root: Path | None, zoo: FindZoo) -> tuple[Path, Path | None]:
    span = here.span(("extends",))
    if not isinstance(target, str):
        raise NetspecError.of(Code.WRONG_TYPE, "`extends` takes a file or a zoo name", span=span, expected="text")
    if file is not None and root is not None:
        try:
            beside = _real(file.parent / target)
            is_file = beside.is_file()
        except (OSError, ValueError):  # a null byte, a cycle of links, a name too long
            beside, is_file = root, False
        if not beside.is_relative_to(root):
            raise NetspecError.of(
                Code.EXTENDS_NOT_FOUND,
                f"`{target}` lies outside the spec's folder",
                span=span,
                help="put the file beside the spec",
            )
        if is_file:
            return beside, root
    found = zoo(target) if target.isprintable() and len(target) < 200 else None
    if found is not None:
        return found, _real(found).parent
    raise NetspecError.of(
        Code.EXTENDS_NOT_FOUND,
        f"there is no spec `{target}`",
        span=span,
        expected="a file beside the spec, or a name that `netspec list` shows",
        fact=unknown(target, _near(file) if len(target) < 200 else ()),
    )


def _near(file: Path | None) -> list[str]:
    """Candidates for a misspelt `extends`: the specs beside the file, and the zoo's."""
    beside = [each.name for each in file.parent.glob("*.yaml")] if file is not None else []
    return [*beside, *(each.stem for each in resource_folder("specs").glob("*.yaml"))]


def _lay_over(
    text: Source, base: dict[str, Any], owners: dict[Path_, Source]
) -> tuple[dict[str, Any], dict[Path_, Source]]:
    merged = {key: value for key, value in base.items() if key not in OWN}
    section, key = OWN_INSIDE
    if isinstance(merged.get(section), dict):
        merged[section] = {name: value for name, value in merged[section].items() if name != key}
    held = {path: owner for path, owner in owners.items() if path[0] in merged}
    for key, value in text.data.items():
        for family in (BODIES, INPUTS):
            if key in family:
                for other in family:
                    merged.pop(other, None)
        held[(key,)] = text
        if value is None and key != "name":
            merged.pop(key, None)
        elif key in MERGED and isinstance(value, dict) and isinstance(merged.get(key), dict):
            inner = dict(merged[key])
            for name in inner:
                held.setdefault((key, name), owners.get((key, name)) or owners[(key,)])
            for name, each in value.items():
                held[(key, name)] = text
                if each is None and name in inner:
                    del inner[name]
                else:
                    inner[name] = each
            merged[key] = inner
        else:
            held = {path: owner for path, owner in held.items() if path[:1] != (key,) or len(path) == 1}
            held[(key,)] = text
            merged[key] = value
    return merged, held


def as_section(text: Source, key: str) -> Source:
    """A text whose top mapping is a section of a document, with the paths of its values in that document."""
    return replace(
        text,
        data={key: text.data},
        values={(key, *path): place for path, place in text.values.items()},
        keys={(key, *path): place for path, place in text.keys.items()},
        broken=frozenset((key, *path) for path in text.broken),
    )


def with_section(merged: Merged, key: str, text: Source) -> Merged:
    """The document with a section replaced by a separate text.

    Args:
        merged: The document.
        key: The key of the section.
        text: The text whose top mapping is the section.
    """
    inner = as_section(text, key)
    owners = {path: owner for path, owner in merged.owners.items() if path[0] != key}
    return Merged({**merged.data, **inner.data}, (*merged.sources, inner), {**owners, (key,): inner})
