"""The lint NS2022: a default that no layer takes up."""

from collections.abc import Iterator

from netspec.diagnostics.codes import LintCode
from netspec.lints.base import Finding, Lint, Network


class UnusedDefault(Lint):
    """No entry in its part of the spec leaves the option out: the network is the same whatever the default.

    Mostly its layers went, or each of them says the option itself; or the default stands in another part than they do.
    """

    code = LintCode("NS2022", "a default that nothing takes up")
    name = "unused-default"
    bad = """\
input: [3, 32, 32]
defaults: {batch_norm: {eps: 1e-3}}
layers:
  - {conv: 16, kernel: 3, padding: 1, bias: false}
  - instance_norm
  - relu
"""
    mend = ("instance_norm", "batch_norm")

    def check(self, network: Network) -> Iterator[Finding]:
        document = network.document
        for path in network.graph.root.source.idle if document else ():
            assert document is not None
            name, option = path[-2:]
            yield Finding(
                None,
                f"nothing takes up the default `{option}` of `{name}`",
                found=f"no `{name}` here that leaves `{option}` out",
                expected=f"a `{name}` without `{option}`",
                help="leave it out, or put it around the entries that it is meant for",
                span=document.places.key_span(path),
            )
