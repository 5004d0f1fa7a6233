"""Pictures of networks, drawn from their scope tree: no torch, no forward pass, no layout library.

A network's `Scene` tells what is drawn at a level of folding; `routes` say the way of each edge through the scene,
`layout` gives both their places, and a file of `writers` makes a text of them.
"""
