"""The lint NS2011: a param that no expression reads."""

from collections.abc import Iterator

from netspec.diagnostics.codes import LintCode
from netspec.frontend.unread import unread_params
from netspec.lints.base import Finding, Lint, Network


class UnusedParam(Lint):
    """No expression reads the param, of the network or of a block: the network is the same whatever its value.

    Mostly a number was written into a layer that the param was meant for, or the param was left behind when its layer
    went. Params of an extended spec are not reported, since a spec need not use all of them. A param over `extends`
    whose name is nearly that of one of that spec's is an error, NS0705.
    """

    code = LintCode("NS2011", "a param that nothing reads")
    name = "unused-param"
    bad = """\
params: {classes: 10}
input: [64]
layers:
  - {linear: 128}
  - relu
  - {linear: 10}
"""
    mend = ("{linear: 10}", "{linear: $classes}")

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
