"""The lint NS2013: a block without calls."""

from collections.abc import Iterator

from netspec.diagnostics import did_you_mean
from netspec.diagnostics.codes import LintCode
from netspec.frontend.unread import uncalled_blocks
from netspec.lints.base import Finding, Lint, Network


class UnusedBlock(Lint):
    """No entry of the network calls the block, nor does any block that is called: it has no effect.

    Mostly it was left behind when its calls went. In a spec that `extends` another, its name may be a misspelling of
    the block that it was to replace. Blocks of an extended spec are not reported.
    """

    code = LintCode("NS2013", "a block that nobody calls")
    name = "unused-block"
    bad = """\
input: [64]
blocks:
  dense: {params: {width: int}, layers: [{linear: $width}, relu]}
layers:
  - {linear: 128}
  - relu
  - {linear: 10}
"""
    mend = ("  - {linear: 128}\n  - relu", "  - {dense: 128}")

    def check(self, network: Network) -> Iterator[Finding]:
        document = network.document
        if document is None:
            return
        places = document.places
        inherited = [name for name in document.blocks if places.owner(("blocks", name)) is not places.sources[0]]
        for name in uncalled_blocks(document):
            meant = did_you_mean(name, inherited)
            yield Finding(
                None,
                f"nobody calls the block `{name}`",
                found="a block that no entry calls",
                expected=f"an entry `{name}`",
                help=meant or "leave it out, or call it where it is meant",
                span=places.key_span(document.blocks[name].path),
            )
