"""The options of a layer, block or part of a recipe as written: whether they are known, and none is missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from netspec.diagnostics import Code
from netspec.diagnostics.facts import GivenTwice, Missing, Needless, TakesNone, Unknown
from netspec.frontend.entries import Entry
from netspec.frontend.problems import Report, kind_of


def check_options(
    entry: Entry,
    report: Report,
    known: Sequence[str],
    main: str | None,
    needed: Sequence[str],
    unknown: Callable[[str], Unknown | Needless],
    expected: Callable[[str], str | None],
) -> bool:
    """Whether something that is called by its name has the options it needs and no others.

    Args:
        entry: What is written.
        report: Takes what is wrong.
        known: The options that there are.
        main: The option that the main argument sets, if there is one.
        needed: The options that must be given.
        unknown: Tells what an option may mean that there is not.
        expected: Tells in words what an option takes.
    """
    name, before = entry.operation, len(report.diagnostics)
    meant: set[str] = set()
    names = frozenset(known)
    for key in entry.options:
        if key == main and entry.main is not None:
            fact = GivenTwice(key, name, str(entry.main))
            report.add(Code.CONFLICTING_KEYS, "", (*entry.path, key), key=True, fact=fact)
        elif key not in names:
            found = unknown(key)
            report.add(
                Code.UNKNOWN_OPTION,
                f"`{name}` has no option `{key}`",
                (*entry.path, key),
                key=True,
                expected=f"one of {', '.join(known)}" if known else "no options",
                fact=found,
            )
            meant.add(found.meant if isinstance(found, Unknown) else "")
    if entry.main is not None and main is None:
        report.add(Code.BAD_ENTRY, "", (*entry.path, name), found=kind_of(entry.main), fact=TakesNone(name))
    for option in needed:
        if option not in entry.options and option not in meant and not (option == main and entry.main is not None):
            absent, place = Missing(option, name, option == main), (*entry.path, name)
            report.add(Code.MISSING_OPTION, "", place, key=True, expected=expected(option), fact=absent)
    return len(report.diagnostics) == before
