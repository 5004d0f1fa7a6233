"""A convolution as a blackboard has it: flip and filter, and a sparse matrix times a vector."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from netspec.analysis.convolution import Array, Convolution, Index, Number
from netspec.report import document as doc
from netspec.report.numbers import yaml_text
from netspec.report.sheet import Sheet

_WIDEST = 36
"""The most columns of a matrix that is written out."""

_MOST = 64
"""The most sums that are written out."""


def convolution(made: Convolution) -> doc.Document:
    """The result, each of its numbers as a sum, and the matrix."""

    def parts() -> Iterator[doc.Part]:
        sign = "*" if made.mode == "convolution" else "correlated with"
        head = f"{_inline(made.signal)} {sign} {_inline(made.kernel)} = {_inline(made.result)}"
        symbol = "*" if made.mode == "convolution" else r"\star"
        latex = f"{_pmatrix(made.signal)} {symbol} {_pmatrix(made.kernel)} = {_pmatrix(made.result)}"
        yield doc.Definitions(
            [
                doc.Entry("result", doc.Math(head, lambda: latex)),
                doc.Entry("formula", doc.Math(_formula(made), lambda: _latex_formula(made))),
                doc.Entry("in the language", doc.Verbatim(layer_text(made))),
            ]
        )
        yield doc.Gap()
        yield doc.Section("Flip and filter" if made.mode == "convolution" else "Filter")
        yield doc.Paragraph(_laid_sentence(made))
        indices = list(made.result.indices)
        yield doc.Definitions([_sum(made, index) for index in indices[:_MOST]])
        if len(indices) > _MOST:
            yield doc.Paragraph(f"{len(indices) - _MOST:,} more sums: `--format json` has all results.")
        yield doc.Gap()
        blocks = len(made.signal.shape) == 2
        yield doc.Section("Doubly blocked Toeplitz matrix" if blocks else "Sparse matrix (Toeplitz)")
        yield from _matrix(made)

    return doc.Document(
        title=f"{_inline(made.signal)} * {_inline(made.kernel)}" if len(made.signal.shape) == 1 else "Convolution",
        parts=parts,
        data=lambda: _record(made),
        sheet=lambda: Sheet(
            ("index", "sum", "value"),
            [(_index(index), _products(made, index), _plain(made.result.at(index))) for index in made.result.indices],
        ),
    )


def layer_text(made: Convolution) -> str:
    """The convolution as a layer of the language, with its padding in numbers."""
    options: dict[str, Any] = {"filter": _plain_nested(made.kernel)}
    if made.mode == "convolution":
        options["mode"] = "convolution"
    pads = made.padding
    if len({side for pair in pads for side in pair}) == 1:
        options["padding"] = pads[0][0]
    else:
        options["padding"] = [list(pair) for pair in pads]
    if made.stride != 1:
        options["stride"] = made.stride
    return yaml_text({key: value for key, value in options.items() if value != 0})


def _formula(made: Convolution) -> str:
    letters = ["i", "j"][: len(made.signal.shape)]
    inner = ["u", "v"][: len(letters)]
    shifts = [_shift(made, letter, at) for at, letter in enumerate(letters)]
    sign = "-" if made.mode == "convolution" else "+"
    seen = ", ".join(f"{shift} {sign} {each}" for shift, each in zip(shifts, inner, strict=True))
    return f"y[{', '.join(letters)}] = sum_{''.join(inner)} w[{', '.join(inner)}] x[{seen}]"


def _shift(made: Convolution, letter: str, at: int) -> str:
    """The place of the kernel's first number for an index: ``2i - 1``."""
    start = -made.padding[at][0] + (made.kernel.shape[at] - 1 if made.mode == "convolution" else 0)
    scaled = letter if made.stride == 1 else f"{made.stride}{letter}"
    return scaled if not start else f"{scaled} {'-' if start < 0 else '+'} {abs(start)}"


def _latex_formula(made: Convolution) -> str:
    text = _formula(made).replace("sum_uv", r"\sum_{u, v}").replace("sum_u", r"\sum_u")
    for letter in "ywx":
        text = text.replace(f"{letter}[", f"{letter}_{{")
    return text.replace("]", "}")


def _laid_sentence(made: Convolution) -> str:
    sides = sorted({side for pair in made.padding for side in pair})
    zeros = " or ".join(map(str, sides)) if sides != [0] else "no"
    what = "The kernel, turned," if made.mode == "convolution" else "The kernel"
    beside = f"with {zeros} {'zero' if sides == [1] else 'zeros'} on each side"
    return f"{what} is {_inline(made.laid)}. It is laid on the signal, {beside}."


def _sum(made: Convolution, index: Index) -> doc.Entry:
    text = f"{_products(made, index)} = {_text(made.result.at(index))}"
    return doc.Entry(f"y[{_index(index)}]", doc.Math(text, lambda: text.replace("*", r" \cdot ")))


def _products(made: Convolution, index: Index) -> str:
    return " + ".join(f"{_factor(w)}*{_factor(x)}" for w, x in made.products(index))


def _matrix(made: Convolution) -> Iterator[doc.Part]:
    """The matrix between the vectors, or its size where it is too large to be read."""
    rows, columns = len(made.result.numbers), len(made.signal.numbers)
    if columns > _WIDEST or rows > _MOST:
        yield doc.Paragraph(f"It has {rows:,} rows and {columns:,} columns: `--format json` has its numbers.")
        return
    matrix = made.matrix
    order = " Rows of the image, and of the result, stand one below the other." if len(made.signal.shape) == 2 else ""
    yield doc.Paragraph(f"y = T x, with {_count(rows, 'row')} and {_count(columns, 'column')}.{order}")
    latex = f"{_column(made.result.numbers)} = {_bmatrix(matrix)} {_column(made.signal.numbers)}"
    laid_out = doc.Source("\n".join(_drawn(made, matrix)), "text")
    yield doc.Brief(lambda: [laid_out], lambda: [doc.Paragraph(doc.Math("", lambda: latex))])


def _drawn(made: Convolution, matrix: Sequence[Sequence[Number]]) -> Iterator[str]:
    """The lines of ``[ 1 0 ] [ 2 ] = [ 2 ]``, with room between blocks; the vectors stand in the middle."""
    across = made.signal.shape[-1] if len(made.signal.shape) == 2 else len(made.signal.numbers)
    down = made.result.shape[-1] if len(made.result.shape) == 2 else len(made.result.numbers)
    width = max(len(_text(each)) for row in matrix for each in row)
    x, y = ([_text(each) for each in array.numbers] for array in (made.signal, made.result))
    first = (len(y) - len(x)) // 2  # the row beside which the shorter vector begins
    wide_x, wide_y = max(map(len, x)), max(map(len, y))
    middle = len(y) // 2
    for at, row in enumerate(matrix):
        if at and at % down == 0:
            yield ""
        texts = [_text(each).rjust(width) for each in row]
        blocks = [" ".join(texts[start : start + across]) for start in range(0, len(texts), across)]
        place = at - first
        vector = f"[ {x[place].rjust(wide_x)} ]" if 0 <= place < len(x) else " " * (wide_x + 4)
        equals = "=" if at == middle else " "
        yield f"[ {'  '.join(blocks)} ] {vector} {equals} [ {y[at].rjust(wide_y)} ]"


def _record(made: Convolution) -> dict[str, Any]:
    return {
        "signal": _plain_nested(made.signal),
        "kernel": _plain_nested(made.kernel),
        "mode": made.mode,
        "padding": [list(pair) for pair in made.padding],
        "stride": made.stride,
        "result": _plain_nested(made.result),
        "layer": layer_text(made),
        "sums": [{"index": list(i), "text": _products(made, i)} for i in made.result.indices],
        "matrix": [[_plain(each) for each in row] for row in made.matrix],
    }


def _inline(array: Array) -> str:
    """``(2, -1, 1)``, or rows in brackets."""
    if len(array.shape) == 1:
        return f"({', '.join(map(_text, array.numbers))})"
    rows = (", ".join(map(_text, row)) for row in array.nested)
    return f"[{', '.join(f'[{row}]' for row in rows)}]"


def _pmatrix(array: Array) -> str:
    if len(array.shape) == 1:
        return _inline(array)
    return _bmatrix(array.nested)


def _bmatrix(rows: Sequence[Sequence[Number]]) -> str:
    lines = r" \\ ".join(" & ".join(map(_text, row)) for row in rows)
    # Not `bmatrix`: that needs a package, and takes ten columns.
    return rf"\left[\begin{{array}}{{{'r' * len(rows[0])}}} {lines} \end{{array}}\right]"


def _column(numbers: Sequence[Number]) -> str:
    return _bmatrix([[each] for each in numbers])


def _index(index: Index) -> str:
    return ", ".join(map(str, index))


def _factor(number: Number) -> str:
    return f"({_text(number)})" if number < 0 else _text(number)


def _text(number: Number) -> str:
    return str(_plain(number))


def _plain(number: Number) -> int | float:
    """A number for programs, a whole one as such."""
    return int(number) if number == int(number) else float(number)


def _plain_nested(array: Array) -> list[Any]:
    nested = array.nested
    return [[_plain(x) for x in each] if isinstance(each, list) else _plain(each) for each in nested]


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"
