"""The explorer: a network as one self-contained page, with its picture, table, arithmetic, spec and source.

`figures` are a network's figures call by call, `parts` its picture as measures that a page folds and unfolds,
`trials` the same network with other sizes and params, `details` what a click shows; `page` makes the page of them.
Nothing is computed in a page: its scripts, in `assets`, show and place what stands in its data.
"""
