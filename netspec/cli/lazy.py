"""A group whose commands are imported when they are called: `netspec summary` must not pay for `netspec train`."""

from __future__ import annotations

import importlib
import importlib.util
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netspec.diagnostics import did_you_mean

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_HEAD = re.compile(r'"""`netspec (?P<name>[\w-]+)`: (?P<help>.+)"""\n')
"""The first line of a command's file."""


class LazyGroup(click.Group):
    """A group whose commands are the files of a package.

    Args:
        package: The package's name.
    """

    def __init__(self, *args: Any, package: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.package = package
        spec = importlib.util.find_spec(package)
        self.folders = [Path(each) for each in (spec and spec.submodule_search_locations) or ()]

    def help_lines(self) -> dict[str, str]:
        """A line on each command: its file's first, read without importing it."""
        found = {}
        for file in self._files():
            with file.open(encoding="utf-8") as text:
                head = _HEAD.fullmatch(text.readline())
            found[file.stem] = head["help"] if head and head["name"] == file.stem else ""
        return found

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names, in alphabetical order."""
        return [file.stem for file in self._files()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command: the only one of its file."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"{self.package}.{cmd_name}")
        return next(each for each in vars(module).values() if isinstance(each, click.Command))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; the error for a misspelt name suggests the nearest."""
        known = self.list_commands(ctx)
        if args and not args[0].startswith("-") and args[0] not in known:
            near = did_you_mean(args[0], known)
            raise click.UsageError(f"No such command {args[0]!r}." + (f" {near.capitalize()}" if near else ""), ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self.help_lines().items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands that a shell can complete, without importing them; then the group's options."""
        from click.shell_completion import CompletionItem

        lines = self.help_lines().items()
        found = [CompletionItem(name, help=line) for name, line in lines if name.startswith(incomplete)]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def _files(self) -> list[Path]:
        return sorted(file for folder in self.folders for file in folder.glob("[!_]*.py"))
