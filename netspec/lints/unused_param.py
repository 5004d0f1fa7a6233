"""The lint NS2011: a param that no expression reads."""

from collections.abc import Iterator
from typing import ClassVar

from netspec.diagnostics.codes import LintCode
from netspec.frontend.unread import unread_params
from netspec.lints.base import Finding, Lint
from netspec.lints.network import Network


class UnusedParam(Lint):
    """No expression reads the param, of the network or of a block: whatever is set, the network stays the same.

    Mostly a number was written into a layer that the param was meant for, or the param was left behind when its layer
    went. Params of a spec that is extended are not told of, since one need not use all of it. A param over `extends`
    that is nearly named like one of that spec is an error, NS0705.
    """

    code: ClassVar = LintCode("NS2011", "a param that nothing reads")
    name: ClassVar = "unused-param"
    bad: ClassVar = """\
params: {classes: 10}
input: [64]
layers:
  - {linear: 128}
  - relu
  - {linear: 10}
"""
    good: ClassVar = """\
params: {classes: 10}
input: [64]
layers:
  - {linear: 128}
  - relu
  - {linear: $classes}
"""

    def check(self, network: Network) -> Iterator[Finding]:
        document = network.document
        for path in unread_params(document) if document else ():
            assert document is not None
            name, owner = path[-1], f"the block `{path[1]}`" if len(path) > 2 else "the network"
            yield Finding(
                None,
                f"nothing reads `{name}`",
                found=f"a param of {owner} that no expression names",
                expected=f"`${name}` in one of the entries of {owner}",
                help="leave it out, or put it where it is meant",
                span=document.places.key_span(path),
            )
