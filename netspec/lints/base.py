"""The base class of lints, and their findings."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar

from netspec.diagnostics import Span
from netspec.diagnostics.codes import LintCode
from netspec.graph import Node
from netspec.lints.network import Network
from netspec.objects.immutable import immutable


@immutable
class Finding:
    """A place where a network does something that is seldom meant.

    Attributes:
        node: The layer call at fault, whose entry is underlined; None where there is none, and `span` is the place.
        message: The oddity, a sentence without a full stop.
        found: The text or value there.
        expected: A text or value without the finding.
        help: The fix, with its numbers.
    """

    node: Node | None
    message: str
    found: str
    expected: str
    help: str
    span: Span | None = None

    @property
    def place(self) -> Span | None:
        """The underlined place."""
        return self.node.span if self.node else self.span


class Lint(ABC):
    """Base of all lints. The docstring of each is its reason, which its page in ``docs/lints`` prints.

    Class attributes:
        code: Its code, from NS2001, and its finding in a few words. A code never gets a second meaning.
        name: The name that `--ignore` takes.
        bad: A spec, from its input on, with a finding.
        mend: A text in `bad`, and the text in its place where there is no fault.
    """

    code: ClassVar[LintCode]
    name: ClassVar[str]
    bad: ClassVar[str]
    mend: ClassVar[tuple[str, str]]

    @property
    def good(self) -> str:
        """The spec of `bad` without the fault."""
        return self.bad.replace(*self.mend, 1)

    @abstractmethod
    def check(self, network: Network) -> Iterator[Finding]:
        """Findings in a network, in the order of its layers."""
