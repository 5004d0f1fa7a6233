"""Expressions as data, for the computations of specs and of generated constructors.

One small immutable tree (`nodes`) serves the front end (which parses `$(...)` into it), lowering (which rewrites names
and folds constants: `folding`) and the program (which evaluates it, `evaluation`, or writes it as Python). Evaluation
is bounded in steps, magnitude and length, and has access only to its variables.
"""

from netspec.expr.callees import Callee, without_bindings
from netspec.expr.evaluation import (
    FUNCTIONS,
    evaluate,
    make_divisible,
)
from netspec.expr.failures import spelt
from netspec.expr.folding import fold, retargeted, substitute, transform
from netspec.expr.identifiers import Identifier, is_identifier
from netspec.expr.meter import ExpressionError, Meter, extent
from netspec.expr.nodes import (
    Apply,
    Attribute,
    Binary,
    Compare,
    Comprehension,
    Conditional,
    Expr,
    Format,
    Index,
    Items,
    Kind,
    Literal,
    Logic,
    Name,
    Negative,
    Not,
    Slice,
    Unknown,
    children,
    depth,
    is_unknown,
    is_whole,
    kind_of,
    literal,
    names,
)

__all__ = [
    "FUNCTIONS",
    "Apply",
    "Attribute",
    "Binary",
    "Callee",
    "Compare",
    "Comprehension",
    "Conditional",
    "Expr",
    "ExpressionError",
    "Format",
    "Identifier",
    "Index",
    "Items",
    "Kind",
    "Literal",
    "Logic",
    "Meter",
    "Name",
    "Negative",
    "Not",
    "Slice",
    "Unknown",
    "children",
    "depth",
    "evaluate",
    "extent",
    "fold",
    "is_identifier",
    "is_unknown",
    "is_whole",
    "kind_of",
    "literal",
    "make_divisible",
    "names",
    "retargeted",
    "spelt",
    "substitute",
    "transform",
    "without_bindings",
]
