"""A group whose commands are imported when they are called: `netspec summary` must not pay for `netspec train`."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import click

from netspec.diagnostics import did_you_mean


class LazyCommand(NamedTuple):
    """Where a command is defined, and the line that the group's help shows without importing it."""

    module: str
    attribute: str
    help: str


class LazyGroup(click.Group):
    """A group made of `LazyCommand`."""

    def __init__(self, *args: Any, commands: Mapping[str, LazyCommand], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lazy = commands

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order in which they were given."""
        return list(self.lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in self.lazy:
            return None
        module, attribute, _ = self.lazy[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; a misspelt one is met with the nearest name."""
        if args and not args[0].startswith("-") and args[0] not in self.lazy:
            near = did_you_mean(args[0], self.lazy)
            raise click.UsageError(f"No such command {args[0]!r}." + (f" {near.capitalize()}" if near else ""), ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.help) for name, command in self.lazy.items()])
