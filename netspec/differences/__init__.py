"""What changed between two networks, and which weights carry over: from the graphs alone, without torch.

`parts` makes a tree of each graph, `align` says which part of one is which of the other, `changes` lists what differs,
`groups` gathers what is told in one sentence, and `difference` holds it all.
"""

from netspec.differences.difference import Difference, find_difference

__all__ = ["Difference", "find_difference"]
