"""Unpacks compressed bodies and files, up to a number of bytes."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Final

MAX_BODY_BYTES: Final = 64 << 20  # of one body, after each of its encodings
MAX_FILE_BYTES: Final = 256 << 20  # of all bodies of a file, and of a compressed file
MAX_ENCODINGS: Final = 4  # of one body
PIECE_BYTES: Final = 1 << 20
# Of zstandard, whose decompressor takes no limit: a piece of this size unpacks to 32 MiB at most.
ZSTD_PIECE_BYTES: Final = 1 << 10
GZIP_WINDOW: Final = 31  # zlib's word for: with gzip's own header and checksum


class TooLarge(Exception):
    """It unpacks to more bytes than are allowed."""


class Budget:
    """How many bytes may be unpacked from one file, or for one answer.

    Attributes:
        left: how many more.
        refused: how many bodies were not unpacked, because they or all before are too large.
    """

    def __init__(self, most: int = MAX_FILE_BYTES) -> None:
        self.left = most
        self.refused = 0

    def unpack(self, body: bytes, encodings: list[str]) -> bytes | None:
        """A body without its encodings; None if it cannot be unpacked, or is too large.

        Args:
            body: as it was sent.
            encodings: the names of its encodings, in the order in which they were applied.
        """
        plain: bytes | None = body
        try:
            if len(encodings) > MAX_ENCODINGS or not self.left:
                raise TooLarge
            for encoding in reversed(encodings):
                unpack = UNPACKERS.get(encoding)
                if plain is None or unpack is None:
                    return None
                most = min(self.left, MAX_BODY_BYTES)
                plain = unpack(plain, most)
                self.left -= most if plain is None else len(plain)
        except TooLarge:
            self.left = max(0, self.left - MAX_BODY_BYTES)
            self.refused += 1
            return None
        return plain


def joined(pieces: Iterator[bytes], most: int) -> bytes:
    """All pieces.

    Raises:
        TooLarge: they have more than `most` bytes.
    """
    found, size = [], 0
    for piece in pieces:
        size += len(piece)
        if size > most:
            raise TooLarge
        found.append(piece)
    return b"".join(found)


def inflate(body: bytes, most: int, windows: tuple[int, ...] = (47, -15)) -> bytes | None:
    """A body of "gzip" or "deflate"; None if it is neither, or truncated.

    Args:
        body: as it was sent.
        most: how many bytes it may have.
        windows: the forms that are tried, as zlib numbers them: some servers send "deflate" without
            its frame.

    Raises:
        TooLarge: it unpacks to more.
    """
    piece_bytes = min(most + 1, PIECE_BYTES)
    for window in windows:
        member = zlib.decompressobj(window)

        def pieces(member: zlib._Decompress = member) -> Iterator[bytes]:
            yield member.decompress(body, piece_bytes)
            while member.unconsumed_tail:
                yield member.decompress(member.unconsumed_tail, piece_bytes)

        try:
            plain = joined(pieces(), most)
        except zlib.error:
            continue
        return plain if member.eof else None
    return None


def unpack_gzip(body: bytes, most: int) -> bytes | None:
    """What gzip has packed; None if it is not gzip, or truncated.

    Raises:
        TooLarge: it unpacks to more than `most` bytes.
    """
    return inflate(body, most, (GZIP_WINDOW,))


def unpack_brotli(body: bytes, most: int) -> bytes | None:
    """A body of "br"; None if it is not, or truncated.

    Raises:
        TooLarge: it unpacks to more than `most` bytes.
    """
    import brotli  # type: ignore[import-untyped]  # it has no types; imported when needed

    member = brotli.Decompressor()

    def pieces() -> Iterator[bytes]:
        sent = body
        while not member.is_finished():
            piece: bytes = member.process(sent, output_buffer_limit=min(most + 1, PIECE_BYTES))
            if not piece and member.can_accept_more_data():
                return
            sent = b""
            yield piece

    try:
        plain = joined(pieces(), most)
    except brotli.error:
        return None
    return plain if member.is_finished() else None


def unpack_zstd(body: bytes, most: int) -> bytes | None:
    """A body of "zstd", of one or several frames; None if it is not, or truncated.

    Raises:
        TooLarge: it unpacks to more than `most` bytes.
    """
    import zstandard  # rarely needed, and not by a plain start

    is_within_frame = False

    def pieces() -> Iterator[bytes]:
        nonlocal is_within_frame
        place = 0
        frame = zstandard.ZstdDecompressor().decompressobj()
        while place < len(body):
            piece = body[place : place + ZSTD_PIECE_BYTES]
            yield frame.decompress(piece)
            place += len(piece) - len(frame.unused_data)
            is_within_frame = not frame.eof
            if frame.eof:
                frame = zstandard.ZstdDecompressor().decompressobj()

    try:
        plain = joined(pieces(), most)
    except zstandard.ZstdError:
        return None
    return None if is_within_frame else plain


UNPACKERS: Final[dict[str, Callable[[bytes, int], bytes | None]]] = {
    "gzip": inflate,
    "x-gzip": inflate,
    "deflate": inflate,
    "br": unpack_brotli,
    "zstd": unpack_zstd,
}
