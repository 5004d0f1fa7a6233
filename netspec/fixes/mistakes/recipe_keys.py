"""A key of the training recipe that is one too many, or stands where it does not belong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, ClassVar

from netspec.diagnostics import Code, Edit, suggested
from netspec.fixes.base import Case, Mistake, Proposal
from netspec.frontend.source import Path_

_NAMES = re.compile("`([^`]+)`")


def first_line(text: str) -> str:
    """A text of several lines as it is named in a title."""
    lines = text.splitlines()
    return lines[0] + (" ..." if len(lines) > 1 else "")


class UnknownOption(Mistake):
    """An option that its part of the recipe does not have."""

    codes: ClassVar = frozenset({Code.BAD_RECIPE})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """The same in another part of the recipe, or in the recipe itself; without it."""
        path, text = case.path, case.text
        unknown = " has no option `" in case.diagnostic.message
        if not unknown or suggested(case.diagnostic.help) or not text.has(path):
            return
        removed, raw = text.remove(path), text.raw(path)
        if removed is None:
            return
        for owner in self.others(case):
            if not text.has((*owner, path[-1])) and "\n" not in raw:
                where = f"in `{owner[-1]}`" if len(owner) > 1 else "as a key of the recipe"
                moved = (removed, text.put(owner, str(path[-1]), raw))
                yield Proposal(f"`{path[-1]}: {raw}` {where}", moved, 1, certain=True)
        yield Proposal(f"without `{first_line(text.text[slice(*text.pair(path))])}`", (removed,), 3)

    def others(self, case: Case) -> Iterator[Path_]:
        """The recipe and its parts that may have the option; of its keys, those that it knows."""
        top, own = case.path[:1], case.path[:-1]
        known = _NAMES.findall(case.diagnostic.expected or "") if own == top else None
        recipe: Any = case.text.at(top)
        if own != top:
            yield top
        for key, value in recipe.items() if isinstance(recipe, dict) else ():
            here = (*top, key)
            if known is not None and key not in known:
                continue
            if isinstance(value, (dict, str)) and here != own and here != case.path and case.text.has(here):
                yield here


class UnderTrain(Mistake):
    """The recipe of a file of its own, below `train:` as in a spec."""

    codes: ClassVar = frozenset({Code.BAD_RECIPE})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """The keys at the top, where there is nothing else beside them."""
        path, text = case.path, case.text
        if "stand at its top" not in case.diagnostic.message or len(text.at(path[:-1])) > 1:
            return
        key, (start, _) = text.pair(path)[0], text.value(path)
        line = text.line_of(start)[0]
        if text.is_flow(path) or line <= key:
            edits = [Edit(key, start, "")]
        else:
            deeper = re.compile(f"^{' ' * (start - line)}", re.MULTILINE)
            rest = text.line_of(key)[1]  # what is remarked beside the key stays
            colon = text.text.index(":", text.offset(*text.source.keys[path][2:])) + 1
            remark = text.text[colon:rest].strip()
            edits = [Edit(key, rest - len(remark) if remark else rest + len(text.newline), "")]
            edits += [Edit(*found.span(), "") for found in deeper.finditer(text.text, rest)]
        yield Proposal("the keys of `train` at the top", tuple(edits), certain=True)


class TwoLengths(Mistake):
    """A run that is so many epochs long and so many steps."""

    codes: ClassVar = frozenset({Code.BAD_RECIPE})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """Without either."""
        if case.diagnostic.message.startswith("`epochs` and `steps` both"):
            for key in ("steps", "epochs"):
                path = (*case.path[:-1], key)
                edit = case.text.remove(path) if case.text.has(path) else None
                if edit is not None:
                    yield Proposal(f"without `{case.text.text[slice(*case.text.pair(path))]}`", (edit,))


class NotFirst(Mistake):
    """A part whose name is not its first key: `{lr: 0.1, sgd}`, `{name: sgd, lr: 0.1}`."""

    codes: ClassVar = frozenset({Code.BAD_RECIPE})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """The name first; the name as a key, where it is the value of another."""
        path, text = case.path, case.text
        part = text.at(path[:-1]) if path else None
        if not case.diagnostic.message.startswith("there is no ") or not isinstance(part, dict) or not text.has(path):
            return
        names = _NAMES.findall(case.diagnostic.expected or "")
        later = next((key for key in part if key in names), None)
        if later is not None and text.has((*path[:-1], later)):
            yield Proposal(f"`{later}` first", tuple(text.swap(path, (*path[:-1], later))), certain=True)
        if part[path[-1]] in names:
            name = part[path[-1]]
            edit = Edit(*text.pair(path), f"{name}:" if text.is_block(path[:-1]) or len(part) == 1 else name)
            yield Proposal(f"`{name}` as the key", (edit,), certain=True)


class MainAsOption(Mistake):
    """The value of a part's name, written as an option: `{sgd, lr: 0.1}` for `{sgd: 0.1}`."""

    codes: ClassVar = frozenset({Code.BAD_RECIPE})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """The option's value as the name's; where the name has a value too, either."""
        path, text = case.path, case.text
        part = text.at(path[:-1]) if path else None
        if not case.diagnostic.message.endswith(" itself") or not isinstance(part, dict) or not text.has(path):
            return
        name = next(iter(part))
        key, removed = text.source.keys.get((*path[:-1], name)), text.remove(path)
        if key is None or removed is None:
            return
        start = text.offset(*key[2:])
        end = max(start, text.value((*path[:-1], name))[1])
        value, twice = text.raw(path), part[name] is not None and part[name] != part[path[-1]]
        edits = Edit(start, end, f": {value}"), removed
        commented = "#" in text.text[end : text.line_of(end)[1]]
        if text.is_block(path[:-1]) and list(part).index(path[-1]) == 1 and not commented:
            # what is said of the option's value stands on its line, which therefore stays
            without = text.remove((*path[:-1], name))
            edits = (without, text.rename(path, name)) if without else edits
        if "\n" not in value:
            yield Proposal(f"`{name}: {value}`", edits, certain=not twice)
        if twice:
            yield Proposal(f"without `{path[-1]}: {value}`", (removed,))


class Nested(Mistake):
    """The options of a part, one level too deep: `{sgd: {lr: 0.1, momentum: 0.9}}`."""

    codes: ClassVar = frozenset({Code.BAD_RECIPE})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """The options beside the name."""
        path, text = case.path, case.text
        inner = text.at(path)
        if len(path) < 3 or not isinstance(inner, dict) or not inner or (*path,) not in text.source.keys:
            return
        if next(iter(text.at(path[:-1])), None) != path[-1]:
            return
        after = text.offset(*text.source.keys[path][2:])
        start, end = text.value(path)
        title = f"the options beside `{path[-1]}`"
        if text.is_flow(path):
            beside = text.text[start:end].removeprefix("{").removesuffix("}").strip()
            if text.is_flow(path[:-1]):
                yield Proposal(title, (Edit(after, end, f", {beside}"),), certain=True)
            else:
                pairs = [text.text[slice(*text.pair((*path, key)))] for key in inner if text.has((*path, key))]
                outer = self.indentation(case, path)
                lines = "".join(f"{text.newline}{outer}{pair}" for pair in pairs)
                yield Proposal(title, (Edit(after, end, f":{lines}"),), certain=True)
        elif text.is_block(path[:-1]):
            deeper = " " * (start - text.line_of(start)[0])
            body = text.text[text.line_of(start)[0] : end]
            outer = self.indentation(case, path)
            shallower = re.sub(f"^{deeper}", outer, body, flags=re.MULTILINE)
            yield Proposal(title, (Edit(text.line_of(start)[0], end, shallower),), certain=True)

    def indentation(self, case: Case, path: Path_) -> str:
        """What stands before the keys beside one; an item's dash counts as a space."""
        key = case.text.pair(path)[0]
        return " " * (key - case.text.line_of(key)[0])


class ValueForNone(Mistake):
    """A value for a part that takes none."""

    codes: ClassVar = frozenset({Code.BAD_RECIPE})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """The name alone."""
        path, text = case.path, case.text
        if not case.diagnostic.message.endswith(" takes no value") or not text.has(path):
            return
        if len(text.at(path[:-1])) == 1 and "\n" not in text.raw(path[:-1]):
            yield Proposal(f"`{path[-1]}` alone", (Edit(*text.value(path[:-1]), str(path[-1])),))
        elif text.is_block(path[:-1]) or text.is_flow(path[:-1]):
            after = text.offset(*text.source.keys[path][2:])
            yield Proposal(f"`{path[-1]}` without a value", (Edit(after, text.value(path)[1], ":"),))
