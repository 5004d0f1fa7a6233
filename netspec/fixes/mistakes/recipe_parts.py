"""Options of the training recipe in another place than their own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from netspec.diagnostics import Code, Edit
from netspec.diagnostics.facts import GivenTwice, Misplaced, Unknown
from netspec.fixes.base import Case, Proposal, mends
from netspec.fixes.text import first_line, together
from netspec.frontend.schema import SECTION
from netspec.frontend.source import Path_


@mends(Code.UNKNOWN_OPTION, Code.UNKNOWN_KEY)
def another_part(case: Case) -> Iterator[Proposal]:
    """An option that its part lacks in another part of the recipe, or in the recipe itself; or without it."""
    path, text, fact = case.path, case.text, case.diagnostic.fact
    if path[:1] != (SECTION,) or not isinstance(fact, Unknown) or fact.meant or not text.has(path):
        return
    removed, raw = text.remove(path), text.raw(path)
    for owner in _others(case, fact):
        if not text.has((*owner, path[-1])) and "\n" not in raw:
            where = f"in `{owner[-1]}`" if len(owner) > 1 else "as a key of the recipe"
            moved = together(removed, text.put(owner, str(path[-1]), raw))
            yield Proposal(f"`{path[-1]}: {raw}` {where}", moved, 1, certain=True)
    yield Proposal(f"without `{first_line(text.raw_pair(path))}`", removed, 3)


def _others(case: Case, fact: Unknown) -> Iterator[Path_]:
    """The recipe and its parts that may have the option, without those that are unknown: nothing refuses theirs."""
    from netspec.recipe.elsewhere import names_parts  # where there is a recipe, what reads it is loaded
    from netspec.recipe.recipe import Recipe

    top, own = case.path[:1], case.path[:-1]
    known = fact.known if own == top else None
    recipe: Any = case.text.at(top)
    if own != top:
        yield top
    for key, value in recipe.items() if isinstance(recipe, dict) else ():
        here = (*top, key)
        if (known is not None and key not in known) or not names_parts(key, value, Recipe):
            continue
        if isinstance(value, (dict, str)) and here not in (own, case.path) and case.text.has(here):
            yield here


@mends(Code.UNKNOWN_OPTION, Code.CONFLICTING_KEYS)
def main_as_option(case: Case) -> Iterator[Proposal]:
    """`{sgd: 0.1}` for `{sgd, lr: 0.1}`; where the name has a value too, either of them."""
    path, text = case.path, case.text
    part = text.at(path[:-1]) if path else None
    of_part = path[:1] == (SECTION,) and isinstance(case.diagnostic.fact, Misplaced | GivenTwice)
    if not of_part or not isinstance(part, dict) or not text.has(path):
        return
    name, removed = next(iter(part)), text.remove(path)
    named = (*path[:-1], name)
    if named not in text.source.keys or not removed:
        return
    start = text.key(named)[1]
    end = max(start, text.value(named)[1])
    value, twice = text.raw(path), part[name] is not None and part[name] != part[path[-1]]
    edits = Edit(start, end, f": {value}"), *removed
    commented = "#" in text.text[end : text.line_of(end)[1]]
    if text.is_block(path[:-1]) and list(part).index(path[-1]) == 1 and not commented:
        # comments on the option's value are on its line, which therefore stays
        edits = together(text.remove(named), text.rename(path, name)) or edits
    if "\n" not in value:
        yield Proposal(f"`{name}: {value}`", edits, certain=not twice)
    if twice:
        yield Proposal(f"without `{path[-1]}: {value}`", removed)


@mends(Code.WRONG_TYPE, Code.BAD_ENTRY)
def nested(case: Case) -> Iterator[Proposal]:
    """The options of a part beside its name, not one level deeper: `{sgd: {lr: 0.1, momentum: 0.9}}`."""
    path, text = case.path, case.text
    inner = text.at(path)
    if path[:1] != (SECTION,) or not isinstance(inner, dict) or not inner or path not in text.source.keys:
        return
    if next(iter(text.at(path[:-1])), None) != path[-1]:
        return
    start, end = text.value(path)
    outer = text.indent(text.key(path)[0])
    if text.is_flow(path):
        beside = f", {text.text[start:end].removeprefix('{').removesuffix('}').strip()}"
        if not text.is_flow(path[:-1]):
            pairs = [text.raw_pair((*path, key)) for key in inner if text.has((*path, key))]
            beside = ":" + "".join(f"{text.newline}{outer}{pair}" for pair in pairs)
        edit = Edit(text.key(path)[1], end, beside)
    elif text.is_block(path[:-1]):
        line = text.line_of(start)[0]
        shallower = re.sub(f"^{text.indent(start)}", outer, text.text[line:end], flags=re.MULTILINE)
        edit = Edit(line, end, shallower)
    else:
        return
    yield Proposal(f"the options beside `{path[-1]}`", (edit,), certain=True)


@mends(Code.UNKNOWN_KEY)
def under_train(case: Case) -> Iterator[Proposal]:
    """The keys of a recipe's own file at the top, not below `train:`, where there are no others beside them."""
    path, text = case.path, case.text
    if path != (SECTION, SECTION) or case.diagnostic.fact != Misplaced(SECTION) or len(text.at(path[:-1])) > 1:
        return
    (key, key_end), (start, _) = text.key(path), text.value(path)
    if text.is_flow(path) or text.line_of(start)[0] <= key:
        edits = [Edit(key, start, "")]
    else:
        deeper = re.compile(f"^{text.indent(start)}", re.MULTILINE)
        rest = text.line_of(key)[1]  # a comment beside the key stays
        remark = text.text[text.text.index(":", key_end) + 1 : rest].strip()
        edits = [Edit(key, rest - len(remark) if remark else rest + len(text.newline), "")]
        edits += [Edit(*found.span(), "") for found in deeper.finditer(text.text, rest)]
    yield Proposal("the keys of `train` at the top", tuple(edits), certain=True)
