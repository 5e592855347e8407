"""The body of a request as bytes: of the right type, unpacked, and not too large."""

from __future__ import annotations

import re
import zlib
from typing import Final

from codat_mock.http.served_request import served_request
from codat_mock.models.errors import Malformed, Problem, TooLarge, UnsupportedMedia

JSON_TYPES: Final = re.compile(r"(application|text)/(json|[\w.-]+\+json)", re.IGNORECASE)
GZIP_WINDOW: Final = 31  # zlib's word for: with gzip's own header and checksum


def body_bytes(most: int, *, is_lenient: bool = False) -> bytes:
    """The request's body, unpacked where it came as gzip.

    Args:
        most: how many bytes it may have, packed and unpacked.
        is_lenient: whether any type will do, such as the one that `curl -d` sends.

    Raises:
        UnsupportedMedia: it is not said to be JSON, or is packed otherwise. A body whose type is
            not given is taken as JSON.
        TooLarge: it has more bytes.
        Malformed: it is said to be gzip and is not.
    """
    request = served_request()
    sent = request.get_data()  # Flask itself refuses what is larger than it may be as it came
    is_typed = bool(sent and request.mimetype and not is_lenient)
    if is_typed and not JSON_TYPES.fullmatch(request.mimetype):
        raise UnsupportedMedia(
            f"The Content-Type '{request.mimetype}' is not read here; send application/json."
        )
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding in ("gzip", "x-gzip"):
        return unpack(sent, most)
    if encoding not in ("identity", ""):
        raise UnsupportedMedia(
            f"The Content-Encoding '{encoding}' is not read here; send gzip, or the plain body."
        )
    return sent


def unpack(packed: bytes, most: int) -> bytes:
    """Unpack gzip, never holding more than one byte beyond `most` of it.

    Raises:
        TooLarge: it unpacks to more bytes.
        Malformed: it is not gzip, breaks off, or something follows it.
    """
    member = zlib.decompressobj(GZIP_WINDOW)
    try:
        unpacked = member.decompress(packed, most + 1)
    except zlib.error as error:
        raise not_gzip(str(error)) from None
    if len(unpacked) > most:
        raise TooLarge(f"The body unpacks to more than {most} bytes; push fewer records at a time.")
    if not member.eof:
        raise not_gzip("it breaks off")
    if member.unused_data:
        raise not_gzip("something follows its end")
    return unpacked


def not_gzip(reason: str) -> Malformed:
    """Say that a body cannot be unpacked."""
    message = f"The body is not gzip, as its Content-Encoding says: {reason}."
    return Malformed(message, [Problem("$", message)])
