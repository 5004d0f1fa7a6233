"""Options of the training recipe in another place than their own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, ClassVar

from netspec.diagnostics import Code, Edit
from netspec.diagnostics.facts import GivenTwice, Misplaced, Unknown
from netspec.fixes.base import Case, Mistake, Proposal
from netspec.fixes.text import first_line
from netspec.frontend.schema import SECTION
from netspec.frontend.source import Path_


class AnotherPart(Mistake):
    """An option that its part of the recipe does not have."""

    codes: ClassVar = frozenset({Code.UNKNOWN_OPTION, Code.UNKNOWN_KEY})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """The same in another part of the recipe, or in the recipe itself; or without it."""
        path, text, fact = case.path, case.text, case.diagnostic.fact
        if path[:1] != (SECTION,) or not isinstance(fact, Unknown) or fact.meant or not text.has(path):
            return
        removed, raw = text.remove(path), text.raw(path)
        if removed is None:
            return
        for owner in self.others(case, fact):
            if not text.has((*owner, path[-1])) and "\n" not in raw:
                where = f"in `{owner[-1]}`" if len(owner) > 1 else "as a key of the recipe"
                moved = (removed, text.put(owner, str(path[-1]), raw))
                yield Proposal(f"`{path[-1]}: {raw}` {where}", moved, 1, certain=True)
        yield Proposal(f"without `{first_line(text.text[slice(*text.pair(path))])}`", (removed,), 3)

    def others(self, case: Case, fact: Unknown) -> Iterator[Path_]:
        """The recipe and its parts that may have the option, without keys that are unknown."""
        top, own = case.path[:1], case.path[:-1]
        known = fact.known if own == top else None
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

    codes: ClassVar = frozenset({Code.UNKNOWN_KEY})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """The keys at the top, where there are no others beside them."""
        path, text = case.path, case.text
        if path != (SECTION, SECTION) or case.diagnostic.fact != Misplaced(SECTION) or len(text.at(path[:-1])) > 1:
            return
        key, (start, _) = text.pair(path)[0], text.value(path)
        line = text.line_of(start)[0]
        if text.is_flow(path) or line <= key:
            edits = [Edit(key, start, "")]
        else:
            deeper = re.compile(f"^{' ' * (start - line)}", re.MULTILINE)
            rest = text.line_of(key)[1]  # a comment beside the key stays
            colon = text.text.index(":", text.offset(*text.source.keys[path][2:])) + 1
            remark = text.text[colon:rest].strip()
            edits = [Edit(key, rest - len(remark) if remark else rest + len(text.newline), "")]
            edits += [Edit(*found.span(), "") for found in deeper.finditer(text.text, rest)]
        yield Proposal("the keys of `train` at the top", tuple(edits), certain=True)


class MainAsOption(Mistake):
    """The value of a part's name, written as an option: `{sgd, lr: 0.1}` for `{sgd: 0.1}`."""

    codes: ClassVar = frozenset({Code.UNKNOWN_OPTION, Code.CONFLICTING_KEYS})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """The option's value as the name's; where the name has a value too, either of them."""
        path, text = case.path, case.text
        part = text.at(path[:-1]) if path else None
        of_part = path[:1] == (SECTION,) and isinstance(case.diagnostic.fact, Misplaced | GivenTwice)
        if not of_part or not isinstance(part, dict) or not text.has(path):
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
            # comments on the option's value are on its line, which therefore stays
            without = text.remove((*path[:-1], name))
            edits = (without, text.rename(path, name)) if without else edits
        if "\n" not in value:
            yield Proposal(f"`{name}: {value}`", edits, certain=not twice)
        if twice:
            yield Proposal(f"without `{path[-1]}: {value}`", (removed,))


class Nested(Mistake):
    """The options of a part, one level too deep: `{sgd: {lr: 0.1, momentum: 0.9}}`."""

    codes: ClassVar = frozenset({Code.WRONG_TYPE, Code.BAD_ENTRY})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """The options beside the name."""
        path, text = case.path, case.text
        inner = text.at(path)
        if path[:1] != (SECTION,) or not isinstance(inner, dict) or not inner or (*path,) not in text.source.keys:
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
        """The text before a key; the dash of an item counts as a space."""
        key = case.text.pair(path)[0]
        return " " * (key - case.text.line_of(key)[0])
