"""Vocabularies: texts as whole numbers, and back. Imports no library but where a file of one is read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from netspec.files.reading import read_bounded
from netspec.objects.immutable import immutable
from netspec.recipe.data.finding import locate
from netspec.recipe.data.problems import damaged, missing
from netspec.recipe.libraries import require

_MOST_BYTES = 64 * 2**20
"""Bytes of a tokenizer's file that are read: those of large language models have about 10 MB."""

_BYTE = re.compile("<0x[0-9A-F]{2}>")
"""A token that is one byte, where others are texts."""

_MASKS = ("[MASK]", "<mask>")
_ENDS = ("<|endoftext|>", "</s>", "[SEP]", "<eos>", "<|end_of_text|>")


class Vocabulary(Protocol):
    """The tokens of a text.

    Attributes:
        size: Their number; tokens are whole numbers below it.
        end: The token after each document.
        mask: The token in the place of a hidden one; None where there is none.
        lengths: The bytes of each token's text; None where each is one byte.
    """

    @property
    def size(self) -> int: ...

    @property
    def end(self) -> int: ...

    @property
    def mask(self) -> int | None: ...

    @property
    def lengths(self) -> tuple[int, ...] | None: ...

    def encode(self, data: bytes) -> Sequence[int]:
        """The tokens of a text in UTF-8."""

    def decode(self, tokens: Sequence[int]) -> bytes:
        """The text of tokens, in UTF-8; of bytes whatever they are."""


@immutable
class Bytes:
    """Bytes as they are: 256 tokens, of which 0, which no text has, ends a document.

    Attributes:
        masked: Whether there is a further token, 256, in the place of a hidden one.
    """

    masked: bool = False

    @property
    def size(self) -> int:
        """The number of tokens."""
        return 256 + self.masked

    @property
    def end(self) -> int:
        """The token after each document."""
        return 0

    @property
    def mask(self) -> int | None:
        """The token in the place of a hidden one."""
        return 256 if self.masked else None

    @property
    def lengths(self) -> tuple[int, ...] | None:
        """None: each token is one byte."""
        return None

    def encode(self, data: bytes) -> Sequence[int]:
        """The bytes."""
        return data

    def decode(self, tokens: Sequence[int]) -> bytes:
        """The bytes; the token of a hidden one is a question mark."""
        return bytes(token if token < 256 else ord("?") for token in tokens)


@immutable
class Tokenizer:
    """The tokens of a file of Hugging Face's `tokenizers`.

    Attributes:
        made: The library's tokenizer.
        size: The number of tokens.
        end: The token after each document.
        mask: The token in the place of a hidden one.
        lengths: The bytes of each token's text.
    """

    made: Any
    size: int
    end: int
    mask: int | None
    lengths: tuple[int, ...] | None

    def encode(self, data: bytes) -> Sequence[int]:
        """The tokens of a text in UTF-8; bytes that are none are replaced."""
        found: list[int] = self.made.encode(data.decode("utf-8", "replace"), add_special_tokens=False).ids
        return found

    def decode(self, tokens: Sequence[int]) -> bytes:
        """The text of tokens."""
        text: str = self.made.decode(list(tokens), skip_special_tokens=False)
        return text.encode("utf-8", "replace")


def tokenizer(path: str) -> Tokenizer:
    """The tokenizer of a JSON file.

    Raises:
        NetspecError: NS0802: it is not there. NS0803: it is none, or no token of it ends a document. NS0904: the
            library is not installed.
    """
    place, looked = locate(path)
    if place is None:
        missing(f"there is no vocabulary {path}; looked for {looked}", "a tokenizer.json of Hugging Face's tokenizers")
    data = read_bounded(place, _MOST_BYTES)
    require("tokenizers", what="a vocabulary of a file")
    import tokenizers

    try:
        written = json.loads(data)
        made = tokenizers.Tokenizer.from_str(data.decode("utf-8"))
        size = made.get_vocab_size()
    except (ValueError, RecursionError) as error:
        damaged(place, f"it is no JSON ({error})")
    except Exception as error:  # the library raises Exception itself
        damaged(place, f"the library does not read it ({error})")
    ids = {name: made.token_to_id(name) for name in (*_MASKS, *_ENDS)}
    end = next((ids[name] for name in _ENDS if ids[name] is not None), None)
    if not size or end is None:
        damaged(place, f"it has no token that ends a text: {', '.join(_ENDS)}")
    mask = next((ids[name] for name in _MASKS if ids[name] is not None), None)
    return Tokenizer(made, size, end, mask, tuple(_bytes_of_tokens(made, size, json.dumps(written.get("decoder")))))


def _bytes_of_tokens(made: Any, size: int, decoder: str) -> Iterator[int]:
    """The bytes of each token's text; of a part of a character, which alone is no text, those that it is made of."""
    added = made.get_added_tokens_decoder()
    for token in range(size):
        name = made.id_to_token(token) or ""
        if token not in added and '"ByteLevel"' in decoder:
            yield len(name)  # each letter stands for a byte
        elif token not in added and '"ByteFallback"' in decoder and _BYTE.fullmatch(name):
            yield 1
        else:
            # After another token: at the beginning of a text a space may be left out.
            once, twice = (made.decode([token] * times, skip_special_tokens=False) for times in (1, 2))
            yield len(twice.encode("utf-8", "replace")) - len(once.encode("utf-8", "replace"))
