"""What a lint is."""

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
    """One place where a network does what is seldom meant.

    Attributes:
        node: The layer call it is about; its entry is underlined. Where it is about no layer, `span` is the place.
        message: What is odd, a sentence without a full stop.
        found: What stands there.
        expected: What would not be told of.
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
        """What is underlined."""
        return self.node.span if self.node else self.span


class Lint(ABC):
    """Base of all lints. The docstring of each is its reason, as its page in ``docs/lints`` prints it.

    Class attributes:
        code: Its code, from NS2001, and what it finds in a few words. A code is never given a second meaning.
        name: What `--ignore` takes.
        bad: A spec, from its input on, in which it finds something.
        good: The same network, mended.
        is_mended: Whether edits that mend it are proposed, by a mistake of the same code among the fixes.
    """

    code: ClassVar[LintCode]
    name: ClassVar[str]
    bad: ClassVar[str]
    good: ClassVar[str]
    is_mended: ClassVar[bool] = False

    @abstractmethod
    def check(self, network: Network) -> Iterator[Finding]:
        """What there is to say of a network, in the order of its layers."""
