"""Values: evaluates what a spec says, and checks it against its required type."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any

from netspec.diagnostics import Code
from netspec.diagnostics.facts import Kind, Missing, WrongType
from netspec.expr import ExpressionError, Meter, Name
from netspec.frontend.context import Context, Flow, with_views
from netspec.frontend.parameters import REQUIRED, VIEWS, Parameter, wrong_type
from netspec.frontend.problems import Failed, Report, kind_of
from netspec.frontend.source import Path_
from netspec.frontend.written import BadExpression, ShapeView, Written, evaluate
from netspec.graph import Scope

_COPIED = 16
"""The number of variables copied per step."""

_INDEX = (
    "`i` is the index of the entry's own rounds, known within them; "
    "keep the one of a round around it with `let: {outer: $i}` there"
)

_NAMED = 500
"""The largest number of similar variables in a message."""

_CHEAPER = "make its lists and repeats shorter; `--max-entries` allows for more of both"


class Values:
    """Evaluates written values and reports those without a value.

    Args:
        report: Takes the errors.
        meter: Counts the steps of evaluation.
    """

    def __init__(self, report: Report, meter: Meter) -> None:
        self.report = report
        self.meter = meter

    def value(self, raw: Any, path: Path_, variables: Mapping[str, Any], flow: Flow = None, inputs: Flow = None) -> Any:
        """The value of something written in the spec; lists become tuples.

        Args:
            raw: The value as written.
            path: Its place.
            variables: The variables of its expressions.
            flow: The tensors of `x`.
            inputs: The tensors of `input`.

        Raises:
            Failed: It has no value; the reason is reported.
            NetspecError: The steps that a spec's expressions may take are spent.
        """
        if isinstance(raw, (int, float, str)) or raw is None:
            return raw
        try:
            if len(variables) >= _COPIED:
                self.meter.spend(len(variables) // _COPIED)
            seen = variables if _reads_no_view(raw, variables) else with_views(variables, flow, inputs)
            return evaluate(raw, seen, self.meter)
        except BadExpression as error:
            self.report.add(error.code, error.message, path, help=error.help, fact=error.fact)
        except ExpressionError as error:
            self.failed_expression(error, raw, path, variables)
        raise Failed

    def callee(self, value: Any, path: Path_) -> Any:
        """The value of a parameter that takes layers, with its layer or block checked; here as it is."""
        return value

    def passed_on(
        self, raw: Any, path: Path_, variables: Mapping[str, Any], flow: Flow = None, inputs: Flow = None
    ) -> Any:
        """The value of something that decides nothing itself: it becomes a variable or an option."""
        return self.value(raw, path, variables, flow, inputs)

    def each(
        self, written: Mapping[str, Any], place: Callable[[str], Path_], context: Context, flow: Flow
    ) -> dict[str, Any]:
        """Values that are passed on, by name.

        Args:
            written: The values as written.
            place: The place of each.
            context: The context of the entry.
            flow: The tensors of `x`.

        Raises:
            Failed: Some have no value; all of these are reported.
        """
        found: dict[str, Any] = {}
        for name, raw in written.items():
            if isinstance(raw, (int, float)):
                found[name] = raw
                continue
            with suppress(Failed):
                found[name] = self.passed_on(raw, place(name), context.variables, flow, context.inputs)
        if len(found) < len(written):
            raise Failed
        return found

    def rounds(
        self, raw: Any, path: Path_, variables: Mapping[str, Any], flow: Flow = None, inputs: Flow = None
    ) -> tuple[Any, Any]:
        """The value of a repeat's count or list, and the number of rounds."""
        value = self.value(raw, path, variables, flow, inputs)
        return value, len(value) if isinstance(value, (tuple, list)) else value

    def after_rounds(self, scope: Scope, number: int, flows: Sequence[Flow]) -> Flow:
        """The flow after the rounds of a repeat, given the inputs of each and the output of the last."""
        return flows[-1]

    def silent(self, raw: Any, variables: Mapping[str, Any]) -> Any:
        """The value of something that no flow reaches; None if it has none, which is no error."""
        try:
            return evaluate(raw, dict(variables), self.meter)
        except (BadExpression, ExpressionError):
            return None

    def failed_expression(self, error: ExpressionError, raw: Any, path: Path_, variables: Mapping[str, Any]) -> None:
        """Report an expression without a value, unless an error upstream left a shape that it reads unknown."""
        if error.unknown in VIEWS and self.report.diagnostics:
            return
        if error.spent:
            self.report.add(Code.EXPRESSION_BOUND, str(error), path, help=_CHEAPER)
            self.report.check()
        if error.unknown is not None:
            known = sorted(islice((n for n, each in variables.items() if not isinstance(each, ShapeView)), _NAMED))
            self.report.add(
                Code.UNKNOWN_VARIABLE,
                f"nothing flows here for `{error.unknown}` to mean" if error.unknown in VIEWS else str(error),
                path,
                found=kind_of(raw),
                help=_INDEX if error.unknown == "i" else None,
                fact=self.report.unknown(error.unknown, known, listed=known),
            )
            return
        code = Code.EXPRESSION_BOUND if error.bound else Code.EXPRESSION_FAILED
        self.report.add(code, f"the expression has no value: {error}", path, found=kind_of(raw))

    def pay(self, steps: int, path: Path_) -> None:
        """Count steps of work besides evaluation.

        Raises:
            NetspecError: Too few steps are left.
        """
        try:
            self.meter.spend(steps)
        except ExpressionError as error:
            self.failed_expression(error, None, path, {})

    def let(
        self, written: Mapping[str, Any], variables: Mapping[str, Any], path: Path_, flow: Flow, inputs: Flow
    ) -> dict[str, Any]:
        """Variables with those of a `let` added, evaluated in order."""
        result = dict(variables)
        self.pay(len(written) + len(result) // _COPIED, path)
        for name, raw in written.items():
            result[name] = self.passed_on(raw, (*path, name), result, flow, inputs)
        return result

    def parameters(
        self, declared: Mapping[str, Parameter], given: Mapping[str, Any], places: Mapping[str, Path_]
    ) -> dict[str, Any]:
        """Checked values of parameters: the given ones, else their defaults, which may use earlier parameters.

        Args:
            declared: The parameters.
            given: Values of a call.
            places: The places of the given values.
        """
        values: dict[str, Any] = {}
        failed = False
        self.pay(len(declared), next(iter(places.values()), ()))
        for name, parameter in declared.items():
            path = places.get(name, parameter.path)
            try:
                value = self.parameter(parameter, given, path, values)
                values[name] = self.callee(value, path) if parameter.takes_layers else value
            except Failed:
                failed = True
        if failed:
            raise Failed
        return values

    def parameter(self, parameter: Parameter, given: Mapping[str, Any], path: Path_, earlier: Mapping[str, Any]) -> Any:
        """The checked value of one parameter."""
        name = parameter.name
        if name in given:
            value = given[name]
        elif parameter.default is REQUIRED:
            help = f"give it with `--set {name}=...`, or write a default"
            message, fact = f"`{name}` must be given", Missing(name)
            raise self.report.failure(Code.MISSING_OPTION, message, path, help=help, fact=fact)
        else:
            value = self.passed_on(parameter.default, path, earlier)
        self.report.refuse_all(wrong_type(parameter, value, path, given=name in given))
        return value

    def condition(self, raw: bool | Written, path: Path_, context: Context, flow: Flow) -> bool:
        """The value of a condition."""
        value = raw
        if not isinstance(raw, bool):
            value = self.value(raw, path, context.variables, flow, context.inputs)
        if not isinstance(value, bool):
            raise self.report.failure(
                Code.WRONG_TYPE,
                f"`{path[-1]}` must be true or false",
                path,
                found=kind_of(value),
                expected="a condition, such as $(stride != 1)",
                fact=WrongType(str(path[-1]), (Kind("boolean"),)),
            )
        return value


def _reads_no_view(raw: Any, variables: Mapping[str, Any]) -> bool:
    """Whether a value is one variable or a list of numbers, the usual case: they need no `x` and `input`."""
    if isinstance(raw, Written):
        return isinstance(raw.whole, Name) and raw.whole.id in variables
    return all(isinstance(each, (int, float)) for each in raw)
