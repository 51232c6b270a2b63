"""Unit tests of answers: read quickly, and to the letter as the standard library reads them."""

from __future__ import annotations

import socket
from http.client import HTTPException, HTTPResponse
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from batch_update.justclick.bounded import BoundedResponse

LINES = st.sampled_from(
    (
        *("Date: Fri, 20 Nov 2026 10:00:00 GMT", "Set-Cookie: a=b; Path=/", "Set-Cookie: c=d"),
        *("Content-Type: application/json", "Retry-After: 5", "retry-after:  7", "X:y", "X: y "),
        *("X: \ty", "X : y", "X:", "X: ", "no colon", ": y", " folded", "\tfolded", "From a b"),
        *("X: \x7f", "X: \x00", "X: é", "Ключ: y", "X: a\rY: b", "X: a\x0bb", "X-_: y", "1: y"),
        *(
            "Connection: close",
            "Connection: Keep-Alive",
            "Connection: x, Close",
            "connection:close",
        ),
        *("Transfer-Encoding: chunked", "Transfer-Encoding: Chunked", "transfer-encoding: gzip"),
        *("Connection:close", "Keep-Alive: 5"),
    )
)
STARTS = st.sampled_from(
    (
        *("HTTP/1.1 200 OK", "HTTP/1.1 404 Not Found", "HTTP/1.1 200", "HTTP/1.1 200 ", "HTTP"),
        *("HTTP/1.1 304 Not Modified", "HTTP/1.1 204 None", "HTTP/1.0 200 OK", "HTTP/1.1  200 OK"),
        *("HTTP/1.1 20 OK", "HTTP/1.1 2000 OK", "http/1.1 200 OK", "HTTP/2 200 OK", "", "garbage"),
        *("HTTP/1.1 999  é ", "HTTP/1.1 503   Busy  "),
    )
)
LENGTHS = st.sampled_from(("", "0", "3", "8", "999", "+3", "-3", " ", "3 ", "x"))
BODIES = st.sampled_from((b"", b"abc", b"abcdefgh", b"3\r\nabc\r\n0\r\n\r\n", b"3\r\nabc\r\n"))


def read(kind: type[HTTPResponse], answer: bytes) -> Any:
    """Read an answer from a socket; return what it says, or the kind of error."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(answer)
        theirs.shutdown(socket.SHUT_WR)
        ours.settimeout(5)
        response = kind(ours, method="POST")
        try:
            response.begin()
            said = (response.status, response.reason, response.version, response.will_close)
            frame = (response.length, response.chunked, response.headers.items())
            if isinstance(response, BoundedResponse):
                content = response.read_whole()
            else:
                content = response.read()
        except HTTPException as error:
            return type(error)
        finally:
            response.close()
        return said, frame, content, response.isclosed()


def head(start: str, *lines: str) -> bytes:
    return "".join(f"{line}\r\n" for line in (start, *lines, "")).encode("latin-1", "replace")


@given(STARTS, st.lists(LINES, max_size=5), LENGTHS, BODIES)
@example("HTTP/1.1 200 OK", ["Transfer-Encoding: chunked"], "", b"3\r\nabc\r\n0\r\n\r\n")
@example("HTTP/1.1 200 OK", ["Connection: close", "Set-Cookie: a", "Set-Cookie: b"], "3", b"abc")
@example("HTTP/1.1 204 None", [], "3", b"abc")
@example("HTTP/1.1 200 OK", [f"X-{number}: y" for number in range(100)], "3", b"abc")
def test_an_answer_says_what_the_standard_library_reads_in_it(
    start: str, lines: list[str], length: str, body: bytes
) -> None:
    answer = head(start, *lines, *(f"Content-Length: {length}" for _ in length[:1])) + body
    assert read(BoundedResponse, answer) == read(HTTPResponse, answer)
