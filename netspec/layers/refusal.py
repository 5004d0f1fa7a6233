"""The error by which a layer refuses its options or inputs."""

from typing import NoReturn

from netspec.diagnostics import Code
from netspec.diagnostics.facts import Fact


class Refusal(Exception):
    """A layer refuses its options or inputs. The elaborator adds the place and the flow.

    Attributes:
        option: The option at fault, or None where it is the input.
        fact: The fault as data, where it can be expressed.
    """

    def __init__(
        self,
        code: Code,
        message: str,
        *,
        option: str | None = None,
        found: str | None = None,
        expected: str | None = None,
        help: str | None = None,
        fact: Fact | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.option = option
        self.found = found
        self.expected = expected
        self.help = help
        self.fact = fact


def refuse(code: Code, message: str, *, fact: Fact | None = None, **fields: str | None) -> NoReturn:
    """Raise a `Refusal`."""
    raise Refusal(code, message, fact=fact, **fields)


def refuse_option(option: str, message: str, *, fact: Fact | None = None, **fields: str | None) -> NoReturn:
    """Raise a `Refusal` of an option's value."""
    raise Refusal(Code.BAD_OPTION, message, option=option, fact=fact, **fields)
