"""The command line. Each command is a file in `commands`, imported when it is called."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from netspec.cli import output
from netspec.cli.edge import of_path, of_plugin
from netspec.cli.lazy import LazyGroup
from netspec.cli.signals import ending_politely
from netspec.cli.streams import safe_streams
from netspec.diagnostics import Code, Diagnostic, NetspecError
from netspec.diagnostics.styled import abridged
from netspec.version import __version__

_NOT_THE_SPEC = {
    Code.TRAINING_FAILED,
    Code.DATA_NOT_FOUND,
    Code.DATA_BROKEN,
    Code.TORCH_MISSING,
    Code.UNTRUE_SOURCE,
    Code.WEIGHTS_UNAVAILABLE,
    Code.REFERENCE_FAILED,
    Code.EXPORT_FAILED,
}
"""Codes of errors that stop a run although the spec is right."""


@click.group(cls=LazyGroup, package="netspec.cli.commands", context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="netspec", message="%(prog)s %(version)s")
def cli() -> None:
    """Compile neural networks from YAML: check, summarise, build, train, verify and export.

    A SPEC is a file, - for standard input, or the name of an architecture that
    `netspec list` shows. A RUN is the folder that `netspec train` left.
    """


def run(args: Sequence[str] | None = None) -> int:
    """Run a command.

    Returns:
        0 done, 1 the spec fails, 2 wrong usage, 3 a run failed, 130 interrupted. SIGTERM and SIGHUP end the process
        by themselves, once unfinished work is cleaned up.
    """
    with safe_streams(), ending_politely():
        return _run(sys.argv[1:] if args is None else args)


def _run(args: Sequence[str]) -> int:
    try:
        given = list(args)  # a command that starts processes passes these on
        result = cli.main(given, prog_name="netspec", standalone_mode=False, obj=given)
        sys.stdout.flush()
    except NetspecError as error:
        output.show_diagnostics(error.diagnostics)
        return 3 if any(d.code in _NOT_THE_SPEC for d in error.diagnostics) else 1
    except click.ClickException as error:
        vars(error).update(message=abridged(error.message))  # click says that nobody changes it
        error.show()
        return error.exit_code
    except click.Abort:
        click.echo("interrupted", err=True)
        return 130
    except SystemExit as error:
        return _exit_code(error)
    except Exception as error:
        if (diagnostic := of_plugin(error) or of_path(error) or _of_output(error)) is None:
            raise
        output.show_diagnostics([diagnostic])
        return 1
    return result if isinstance(result, int) else 0


def _exit_code(error: SystemExit) -> int:
    """The code of code of others that leaves the process, as Python takes it; click does so at any broken pipe."""
    if isinstance(error.code, int) or error.code is None:
        return error.code or 0
    click.echo(error.code, err=True)
    return 1


def _of_output(error: Exception) -> Diagnostic | None:
    """The error that blocks standard output, whose further text is discarded; None for another error."""
    if not isinstance(error, OSError) or error.errno is None:
        return None
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return Diagnostic(Code.FILE_UNWRITABLE, f"standard output cannot be written: {error.strerror}")
