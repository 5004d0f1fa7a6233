"""Connection tables: the input maps that each output map of a convolution sees."""

from collections.abc import Iterator, Sequence

from netspec.layers.base import refuse_option
from netspec.shape import spell

Table = tuple[tuple[int, ...], ...]


def check_table(table: Table, out: int, channels: int, groups: int) -> None:
    """Refuses a table of another length, rows that are empty, repeat a channel or name none, and groups beside it."""
    if groups != 1:
        refuse_option(
            "groups",
            "`groups` and `connections` both say which input maps a map sees",
            found=f"{groups}",
            expected="`connections` alone",
            help="leave `groups` out",
        )
    if len(table) != out:
        refuse_option(
            "connections",
            f"`connections` has {len(table)} {'row' if len(table) == 1 else 'rows'}, the layer has {out} output maps",
            found=f"{len(table)}",
            expected=f"{out}, one for each output map",
        )
    for number, row in enumerate(table):
        _check_row(number, row, channels)


def _check_row(number: int, row: Sequence[int], channels: int) -> None:
    strange = [channel for channel in row if not 0 <= channel < channels]
    twice = list(_repeated(row))
    if len(row) == 0:
        problem, expected = f"output map {number} sees no input map", "at least one input map"
    elif strange:
        problem = f"output map {number} sees the input map {strange[0]}, which is none"
        expected = f"0 to {channels - 1}" if channels > 1 else "0, the only one"
    elif twice:
        problem, expected = f"output map {number} sees the input map {twice[0]} twice", "each input map once"
    else:
        return
    refuse_option("connections", problem, found=spell(row), expected=expected)


def _repeated(row: Sequence[int]) -> Iterator[int]:
    """Channels that a row repeats."""
    met: set[int] = set()
    for channel in row:
        if channel in met:
            yield channel
        met.add(channel)
