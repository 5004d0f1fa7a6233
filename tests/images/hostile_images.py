"""Image files that a stranger may send: small ones that cost much, and such that are no images."""

import io
import struct
import zlib

from PIL import Image

from tests.recipe.data.sets import encoded, picture

GREEN = (30, 200, 60)

POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 12 10\n%%EndComments\n(hello) print showpage\n%%EOF\n"


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(height: int, width: int, *extra: bytes) -> bytes:
    """A gray PNG of black, in very few bytes."""
    packer = zlib.compressobj(9)
    row = bytes(1 + width)
    pixels = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(extra) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def text_bomb() -> bytes:
    return png(10, 12, chunk(b"zTXt", b"note\0\0" + zlib.compress(bytes(8 << 20), 9)))


def directory(entries, after: int = 0) -> bytes:
    """A little-endian TIFF directory: (tag, type, count, value or place)."""
    rows = b"".join(struct.pack("<HHII", *entry) for entry in sorted(entries))
    return struct.pack("<H", len(entries)) + rows + struct.pack("<I", after)


def many_notes(size: int, entries: int) -> bytes:
    """EXIF data whose entries each take all of it."""
    rows = [(0x9000 + index, 1, size - 8, 0) for index in range(entries)]
    return (b"II*\0" + struct.pack("<I", 8) + directory(rows)).ljust(size, b"\0")


def segment(marker: int, payload: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(payload) + 2) + payload


def exif_bomb() -> bytes:
    """A JPEG whose notes would be 300 MB."""
    whole = encoded(picture(colour=GREEN), "JPEG")
    return whole[:2] + segment(0xE1, b"Exif\0\0" + many_notes(65_000, 5_000)) + whole[2:]


def scan_bomb() -> bytes:
    """A progressive JPEG that goes over its picture again and again."""
    whole = encoded(picture(colour=GREEN, size=(64, 64)), "JPEG", progressive=True)
    first = whole.index(b"\xff\xda")
    second = whole.index(b"\xff\xda", first + 2)
    return whole[:second] + whole[first:second] * 2_000 + whole[second:]


def tiff(entries, pixels: bytes = bytes(120), after: int = 0) -> bytes:
    """A gray TIFF of 10 x 12, whose pixels follow its header."""
    at = 8 + len(pixels)
    own = {
        0x100: (3, 1, 12),
        0x101: (3, 1, 10),
        0x102: (3, 1, 8),
        0x103: (3, 1, 1),
        0x106: (3, 1, 1),
        0x111: (4, 1, 8),
        0x115: (3, 1, 1),
        0x116: (3, 1, 10),
        0x117: (4, 1, len(pixels)),
    } | entries
    rows = [(tag, *entry) for tag, entry in own.items() if entry]
    return b"II*\0" + struct.pack("<I", at) + pixels + directory(rows, after)


def tile_bomb() -> bytes:
    tiled = {0x111: None, 0x116: None, 0x117: None, 0x142: (4, 1, 1 << 15), 0x143: (4, 1, 1 << 15)}
    return tiff({**tiled, 0x103: (3, 1, 8), 0x144: (4, 1, 8), 0x145: (4, 1, 120)}, zlib.compress(bytes(1000)))


def tiff_notes_bomb() -> bytes:
    """A TIFF of 300 kB whose notes would be 200 MB."""
    return tiff({0x2000 + index: (1, 10_000, 0) for index in range(20_000)}, bytes(1 << 16))


def page_loop() -> bytes:
    """A TIFF whose page is followed by itself."""
    return tiff({}, after=8 + 120)


def webp_canvas() -> bytes:
    """An animation without frames on the largest canvas."""
    header = b"VP8X" + struct.pack("<I", 10) + bytes((2, 0, 0, 0)) + b"\xfe\x3f\x00" * 2
    body = b"WEBP" + header + b"ANIM" + struct.pack("<I", 6) + bytes(6)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def animation(kind: str, frames: int) -> bytes:
    """Green first, then noise."""
    file = io.BytesIO()
    others = [picture(index, (200, 30, 30)) for index in range(1, frames)]
    picture(colour=GREEN).save(file, kind, save_all=True, append_images=others)
    return file.getvalue()


def with_a_second_picture() -> bytes:
    """What cameras make that keep a preview: a JPEG that tells of a second one."""
    file = io.BytesIO()
    Image.new("RGB", (12, 10), GREEN).save(
        file, "MPO", save_all=True, append_images=[Image.new("RGB", (12, 10), (200, 30, 30))]
    )
    return file.getvalue()
