"""Random expressions, and variables that they read."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from netspec import expr as e
from netspec.expr import Expr
from netspec.frontend.expressions import parse
from netspec.frontend.written import Written

INTEGERS = ("channels", "width", "i")
VARIABLES: dict[str, Any] = {
    "channels": 64,
    "width": 7,
    "i": 0,
    "scale": 1.5,
    "flag": True,
    "depths": (3, 4, 6),
    "act": "relu",
}


def whole_names() -> st.SearchStrategy[Expr]:
    return st.sampled_from(INTEGERS).map(lambda name: e.Name(name, "whole"))


def integers() -> st.SearchStrategy[Expr]:
    """Arithmetic of integers, whose names are marked as such."""
    leaves = st.one_of(st.integers(-3, 9).map(e.Literal), whole_names())

    def extend(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
        return st.one_of(
            st.builds(e.Binary, st.sampled_from(["+", "-", "*", "//", "%"]), inner, inner),
            st.builds(e.Negative, inner),
            st.builds(
                e.Conditional, st.builds(e.Compare, inner, st.tuples(st.tuples(st.just("<"), inner))), inner, inner
            ),
            st.builds(lambda a, b: e.Apply("max", (a, b)), inner, inner),
        )

    return st.recursive(leaves, extend, max_leaves=12)


def expressions() -> st.SearchStrategy[Expr]:
    """Expressions of any kind. Not all have a value."""
    literals = st.one_of(
        st.integers(-9, 300),
        st.floats(-4, 4, allow_nan=False).map(lambda x: round(x, 3)),
        st.booleans(),
        st.none(),
        st.sampled_from(["relu", 'a"b', "it's", "back\\slash", "new\nline", "{x}"]),
    ).map(e.Literal)
    leaves = st.one_of(literals, st.sampled_from(sorted(VARIABLES)).map(_name))
    return st.recursive(leaves, _extend, max_leaves=10)


def _name(name: str) -> Expr:
    return e.Name(name, e.kind_of([VARIABLES[name]]))


def _extend(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    several = st.lists(inner, min_size=1, max_size=3).map(tuple)
    comparisons = st.tuples(st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "in", "not in"]), inner)
    return st.one_of(
        st.builds(e.Binary, st.sampled_from(["+", "-", "*", "/", "//", "%", "**"]), inner, inner),
        st.builds(e.Negative, inner),
        st.builds(e.Not, inner),
        st.builds(e.Compare, inner, st.lists(comparisons, min_size=1, max_size=2).map(tuple)),
        st.builds(e.Logic, st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(e.Conditional, inner, inner, inner),
        st.builds(e.Items, st.lists(inner, max_size=3).map(tuple), st.booleans()),
        st.builds(e.Index, inner, inner),
        st.builds(e.Slice, inner, st.none() | inner, st.none() | inner, st.none() | inner),
        st.builds(e.Apply, st.sampled_from(sorted(e.FUNCTIONS)), several),
        st.builds(_comprehension, inner, inner, st.none() | inner),
        st.builds(lambda part: e.Format(("conv", part, "{}'")), inner),
    )


def _comprehension(element: Expr, iterable: Expr, condition: Expr | None) -> Expr:
    return e.Comprehension(e.Items((element, e.Name("each"))), ("each",), iterable, condition)


def expression(text: str) -> e.Expr:
    """The expression that a text of a spec is."""
    read = parse(text)
    assert isinstance(read, Written)
    assert read.whole is not None
    return read.whole
