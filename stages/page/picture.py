"""A picture of numbers from -1 to 1, a pixel a number."""

import base64
import struct
import zlib

import numpy as np

_NEGATIVE, _POSITIVE = (0x2A, 0x78, 0xB8), (0xD9, 0x6B, 0x1E)  # blue and orange
_LARGEST_BLOCK = 65_535  # bytes that Deflate stores together


def picture(values: np.ndarray) -> str:
    """Return the matrix `values`, from -1 to 1, as the address of a PNG that it holds.

    The sign is the hue, the size the opacity: it shows on light and on dark ground. The pixels are
    not compressed, as what a compression makes of them is up to its version.
    """
    height, width = values.shape
    shades = np.rint(values * 127).astype(int) + 128  # 1 to 255, 128 for zero
    palette = b"".join(bytes(_NEGATIVE if shade < 128 else _POSITIVE) for shade in range(256))
    opacity = bytes(min(255, 2 * abs(shade - 128)) for shade in range(256))
    rows = b"".join(b"\0" + row.astype(np.uint8).tobytes() for row in shades)
    content = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in (
            (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            (b"PLTE", palette),
            (b"tRNS", opacity),
            (b"IDAT", _stored(rows)),
            (b"IEND", b""),
        )
    )
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"


def _stored(content: bytes) -> bytes:
    """Return bytes in the form of zlib (RFC 1950, 1951), not compressed."""
    blocks = [
        content[start : start + _LARGEST_BLOCK] for start in range(0, len(content), _LARGEST_BLOCK)
    ]
    stored = b"".join(
        struct.pack("<BHH", index == len(blocks) - 1, len(block), 0xFFFF - len(block)) + block
        for index, block in enumerate(blocks)
    )
    return b"\x78\x01" + stored + struct.pack(">I", zlib.adler32(content))
