"""`netspec check`: Every error of every spec."""

from __future__ import annotations

import shlex
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import click

from netspec.cli import options
from netspec.diagnostics import Code, Diagnostic, Fix, NetspecError
from netspec.report.document import Document


class _FixMayHaveNumber(click.Command):
    """Reads `--fix` alone as `--fix=0`: click would take the SPEC after it for its number."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        end = args.index("--") if "--" in args else len(args)
        return super().parse_args(ctx, ["--fix=0" if a == "--fix" and i < end else a for i, a in enumerate(args)])


def _lint(value: str) -> str:
    """The name or the code of a lint."""
    from netspec.lints import lints

    known = [*lints(), *(lint.code.number for lint in lints().values())]
    options.check_known("lint", value, known, "docs/lints.md lists them")
    return value


@click.command(cls=_FixMayHaveNumber)
@click.option(
    "--fix",
    "number",
    type=click.IntRange(0),
    metavar="[=N]",
    help="Mend in place what can have been meant in one way alone; --fix=N applies the fix of that number.",
)
@click.option("--strict", is_flag=True, help="Take warnings for errors.")
@click.option(
    "--ignore",
    "ignored",
    metavar="NAME",
    multiple=True,
    type=_lint,
    help="Leave a lint out, by its name or code: bias-before-norm, NS2001 (repeatable).",
)
@options.told
@options.spec("inference", "recipe", metavar="SPEC...", many=True)
def check(specs: list[options.Given], number: int | None, strict: bool, ignored: tuple[str, ...]) -> Document:
    """Report what is wrong with every SPEC and its recipe, what exceeds its budget, and what is seldom meant.

    Errors end in exit code 1; warnings do not, unless --strict makes them errors. Where small edits make a spec or a
    recipe valid, or mend some of its errors, they are shown with these. --fix applies those that are certain: a slip in
    a word of the language, another tool's word for the same. The others are proposals, each with what it makes of the
    network, and --fix=N applies one of them.
    """
    from netspec.report.checked import checked

    recipe = specs[0].recipe
    if number and len(specs) > 1:
        raise click.UsageError("--fix=N takes one SPEC: each has fixes of its own.")
    if number is not None and recipe and len(specs) > 1:
        raise click.UsageError("--fix takes one SPEC with --recipe: what mends the recipe for one may not for another.")
    found: list[Diagnostic] = []
    applied: dict[str, Fix] = {}
    for spec in specs:
        errors = spec.check(ignored)
        for _ in range(2 if recipe and not number else 1):  # a fix belongs to one file
            fix = _chosen(spec.source, recipe, errors, number) if number is not None else None
            if fix is None:
                break
            from netspec import api

            file = _given(fix, spec.source, recipe)
            api.apply_fix(file, fix)
            applied[file] = fix
            errors = spec.check(ignored)
        found += errors
    if strict:
        found = [replace(diagnostic, severity="error") for diagnostic in found]
    files = {*(spec.source for spec in specs), *((str(recipe), f"{recipe.stem}.yaml") if recipe else ())}
    verdict = _verdict(found, files, len(specs), number is not None, bool(applied))
    return checked(found, verdict, applied if number is not None else None)


def _given(fix: Fix, spec: str, recipe: Path | None) -> str:
    """The spec or the recipe of a fix, by the name that the command was given."""
    return str(recipe) if recipe and fix.file != spec and Path(fix.file).stem == recipe.stem else spec


def _chosen(spec: str, recipe: Path | None, errors: list[Diagnostic], number: int | None) -> Fix | None:
    """The fix to apply; None where none is sure and none was chosen.

    Raises:
        NetspecError: The spec or the recipe is no file of one's own.
        UsageError: There is no fix of that number.
    """
    fixes = [fix for error in errors for fix in error.fixes]
    if number and number > len(fixes):
        few = "is one fix" if len(fixes) == 1 else f"are {len(fixes) or 'no'} fixes"
        raise click.UsageError(f"There is no fix {number} for {spec}: there {few}.")
    if not fixes or not (number or fixes[0].sure):
        return None
    fix = fixes[number - 1 if number else 0]
    file = _given(fix, spec, recipe)
    if not Path(file).is_file():
        given = shlex.quote(spec)
        own = f"write it to one: `netspec show {given} > {shlex.quote(Path(spec).stem + '.yaml')}`"
        message = f"`{file}` cannot be mended in place: it is no file of yours"
        help = own if file == spec else "write one with these changes, and give it as --recipe"
        raise NetspecError.of(Code.FILE_UNWRITABLE, message, help=help)
    return fix


def _verdict(found: list[Diagnostic], files: Collection[str], specs: int, fixing: bool, changed: bool) -> str:
    """The text after the diagnostics: a remark on the errors left, and the number of specs checked."""
    lines = [_note(found, files, fixing, changed)] if found else []
    if not any(diagnostic.severity == "error" for diagnostic in found):
        lines.append(f"{specs} {'spec' if specs == 1 else 'specs'} checked, no errors")
    return "\n".join(filter(None, lines))


def _note(found: list[Diagnostic], files: Collection[str], fixing: bool, changed: bool) -> str:
    """A remark on the errors that are left and their fixes."""
    if not any(diagnostic.severity == "error" or diagnostic.fixes for diagnostic in found):
        return ""
    offered = [error.fixes for error in found if error.fixes]
    if not offered:
        if not fixing or changed:
            return ""
        elsewhere = sorted({error.span.file for error in found if error.span} - set(files))
        if elsewhere and not elsewhere[0].startswith("--"):
            file = Path(elsewhere[0]).name
            return f"nothing was changed: the error lies in `{file}`, which this spec extends; mend it there"
        return "nothing was changed: no small edit mends it"
    if any(not fixes[0].sure for fixes in offered):
        said = "nothing was changed: no fix is certain; " if fixing and not changed else ""
        return f"{said}`netspec check --fix=N` applies the fix of that number"
    return (
        ""
        if fixing and not changed
        else f"`netspec check --fix` applies {'fix 1' if len(offered[0]) > 1 else 'the fix'}"
    )
