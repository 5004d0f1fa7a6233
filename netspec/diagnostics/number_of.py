"""Numbers of things, in words."""


def number_of(count: int, word: str) -> str:
    """``1 result``, ``2 results``: a count with its noun, whose plural ends in s."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"
