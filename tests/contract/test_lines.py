"""Connections that are kept open, and the ways to a desk that is not next door."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from plugin.desks import lines
from plugin.desks.lines import Lines
from plugin.desks.transport import Transport
from plugin.ports import Refused, Unavailable

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@contextmanager
def serving(*connections: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that does these things, one for each connection; its URL."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            for do in connections:
                connection, _ = server.accept()
                with connection:
                    do(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            thread.join(10)


def hear(connection: socket.socket) -> bytes:
    heard = b""
    while b"\r\n\r\n" not in heard:
        heard += connection.recv(65_536)
    return heard


def answering(*answers: bytes) -> Callable[[socket.socket], None]:
    def do(connection: socket.socket) -> None:
        for answer in answers:
            hear(connection)
            connection.sendall(answer)

    return do


@pytest.fixture
def to() -> Iterator[Callable[[str], Transport]]:
    opened: list[Transport] = []

    def open_to(url: str) -> Transport:
        opened.append(Transport("main", url, {"Authorization": "Token t0ken"}))
        return opened[-1]

    yield open_to
    for one in opened:
        one.close()


def test_one_connection_serves_many_requests(to: Callable[[str], Transport]) -> None:
    with serving(answering(OK, OK, OK)) as url:
        desk = to(url)
        assert [desk.request("GET", "/x").json() for _ in range(3)] == [{}] * 3


def test_a_connection_that_the_server_closed_is_not_used_again(
    to: Callable[[str], Transport],
) -> None:
    with serving(answering(OK), answering(OK)) as url:
        desk = to(url)
        desk.request("GET", "/x")
        threading.Event().wait(0.1)  # the server's good-bye is on its way
        assert desk.request("GET", "/x").status == 200


def test_a_connection_is_not_used_again_while_something_of_an_answer_is_unread(
    to: Callable[[str], Transport],
) -> None:
    no = b"HTTP/1.1 503 No\r\nContent-Length: 9\r\n\r\nnot read\n"
    with serving(answering(no), answering(OK)) as url:
        desk = to(url)
        with pytest.raises(Unavailable, match="503"):
            desk.request("GET", "/x")
        assert desk.request("GET", "/x").json() == {}


def test_a_server_that_wants_to_close_is_believed(to: Callable[[str], Transport]) -> None:
    closing = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}"
    with serving(answering(closing), answering(OK)) as url:
        desk = to(url)
        assert [desk.request("GET", "/x").json() for _ in range(2)] == [{}] * 2


def test_an_answer_in_chunks_is_read_whole_and_the_connection_kept(
    to: Callable[[str], Transport],
) -> None:
    chunks = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n[\r\n1\r\n]\r\n0\r\n\r\n"
    with serving(answering(chunks, OK)) as url:
        desk = to(url)
        assert desk.request("GET", "/x").json() == []
        assert desk.request("GET", "/x").json() == {}


@pytest.mark.parametrize(
    "broken",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n[",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n[",
        b"nothing of the kind\r\n\r\n",
        b"",
    ],
)
def test_half_an_answer_is_none(to: Callable[[str], Transport], broken: bytes) -> None:
    with serving(answering(broken)) as url, pytest.raises(Unavailable, match="broke off"):
        to(url).request("GET", "/x")


def test_threads_do_not_get_each_others_answers(peer: Any) -> None:
    open_lines = Lines(peer.url, connect=5, read=5, proxies=False)

    def ask(number: int) -> bool:
        with open_lines.ask("GET", f"/{number}", {}, None) as answer:
            return answer.status == 200 and answer.read() == b"{}"

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(200)))
    assert sorted(int(one.path[1:]) for one in peer.asked) == list(range(200))
    open_lines.close()


def test_what_is_sent_is_json_with_its_length(to: Callable[[str], Transport], peer: Any) -> None:
    to(f"{peer.url}/Über uns").request("PATCH", "/x", params={"a": "b c"}, body={"ä": 1})
    (asked,) = peer.asked
    assert asked.path == "/%C3%9Cber%20uns/x?a=b+c"
    assert asked.body == rb'{"\u00e4": 1}'
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["accept-encoding"] == "identity"
    assert asked.headers["host"] == peer.url.removeprefix("http://")


# Proxies.


@pytest.fixture
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("http", "https", "all", "no"):
        monkeypatch.delenv(f"{name}_proxy", raising=False)
        monkeypatch.delenv(f"{name}_proxy".upper(), raising=False)
    return monkeypatch


def test_a_proxy_is_told_the_whole_address_and_who_we_are(
    no_proxies: pytest.MonkeyPatch, peer: Any, to: Callable[[str], Transport]
) -> None:
    proxy = peer.url.replace("http://", "http://ada:a%40b@")
    no_proxies.setenv("http_proxy", proxy)
    to("http://desk.invalid:8080/sub").request("GET", "/x")
    (asked,) = peer.asked
    assert asked.path == "http://desk.invalid:8080/sub/x"
    assert asked.headers["host"] == "desk.invalid:8080"
    assert asked.headers["proxy-authorization"] == "Basic YWRhOmFAYg=="


def test_a_secure_desk_is_reached_by_a_tunnel_that_does_not_see_our_token(
    no_proxies: pytest.MonkeyPatch, to: Callable[[str], Transport]
) -> None:
    heard: list[bytes] = []

    def refuse(connection: socket.socket) -> None:
        heard.append(hear(connection))
        connection.sendall(b"HTTP/1.1 403 Not here\r\n\r\n")

    with serving(refuse) as proxy:
        no_proxies.setenv("ALL_PROXY", proxy)
        with pytest.raises(Unavailable, match="cannot be reached"):
            to("https://desk.invalid").request("GET", "/x")
    assert heard[0].startswith(b"CONNECT desk.invalid:443 HTTP/1.")
    assert b"t0ken" not in heard[0]


def test_a_desk_that_is_excepted_or_on_this_machine_is_reached_without_the_proxy(
    no_proxies: pytest.MonkeyPatch, peer: Any, to: Callable[[str], Transport]
) -> None:
    no_proxies.setenv("http_proxy", "http://proxy.invalid:3128")
    assert to(peer.url).request("GET", "/x").status == 200
    no_proxies.setenv("no_proxy", "desk.invalid")
    with pytest.raises(Unavailable, match="name is not known"):
        to("http://desk.invalid").request("GET", "/x")


def test_a_proxy_that_we_cannot_speak_to_is_named(
    no_proxies: pytest.MonkeyPatch, to: Callable[[str], Transport]
) -> None:
    no_proxies.setenv("https_proxy", "socks5://user:secret@proxy.example:1080")
    with pytest.raises(ValueError, match=r"proxy at socks5://proxy\.example") as no:
        to("https://desk.example")
    assert "secret" not in str(no.value)


def test_a_refusal_keeps_the_connection(to: Callable[[str], Transport]) -> None:
    no = b'HTTP/1.1 400 No\r\nContent-Length: 11\r\n\r\n{"queue":1}'
    with serving(answering(no, OK)) as url:
        desk = to(url)
        with pytest.raises(Refused, match="400"):
            desk.request("GET", "/x")
        assert desk.request("GET", "/x").json() == {}


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Long: one\r\n  two\r\nCONTENT-length:2\r\n\r\n",
        b"HTTP/1.1 200 OK\nContent-Length: 2\nnot a header\n\n",
        b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n",
    ],
    ids=["continue", "early hints", "folded", "without returns", "of the older kind"],
)
def test_the_head_of_an_answer_is_read_and_the_connection_kept(
    to: Callable[[str], Transport], head: bytes
) -> None:
    with serving(answering(head + b"{}", OK)) as url:
        desk = to(url)
        assert [desk.request("GET", "/x").json() for _ in range(2)] == [{}, {}]


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5_000 + b"\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n",
    ],
    ids=["not said", "negative", "no number", "of the older kind"],
)
def test_an_answer_that_ends_with_its_connection_is_read_to_its_end(
    to: Callable[[str], Transport], head: bytes
) -> None:
    with serving(answering(head + b"{}"), answering(OK)) as url:
        desk = to(url)
        assert [desk.request("GET", "/x").json() for _ in range(2)] == [{}, {}]


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
    ],
    ids=["nothing", "something else", "no number", "another kind", "many headers", "a long header"],
)
def test_what_is_no_answer_is_tried_again_later(
    to: Callable[[str], Transport], answer: bytes
) -> None:
    with serving(answering(answer)) as url, pytest.raises(Unavailable, match="cannot be reached"):
        to(url).request("GET", "/x")


# Time, hang-ups and what cannot be sent.


def dripping(begin: bytes, piece: bytes, every: float) -> Callable[[socket.socket], None]:
    """Answers with a beginning, and then this piece again and again for two seconds at most."""

    def do(connection: socket.socket) -> None:
        hear(connection)
        until = time.monotonic() + 2
        with suppress(OSError):
            connection.sendall(begin)
            while time.monotonic() < until:
                connection.sendall(piece)
                time.sleep(every)

    return do


@pytest.mark.parametrize(
    "slow",
    [
        dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0),
        dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.05),
        dripping(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", 0.05),
        dripping(b"HTTP/1.1 200 OK\r\nX: ", b"y", 0.05),
        dripping(b"", b"H", 0.05),
        dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n", b" ", 0.05),
    ],
    ids=["continue", "continue slowly", "headers", "one header", "first line", "body"],
)
def test_no_answer_takes_longer_than_the_time_for_a_whole_one(
    to: Callable[[str], Transport],
    slow: Callable[[socket.socket], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lines, "WHOLE_ANSWER_SECONDS", 0.4)
    with serving(slow) as url:
        desk = to(url)
        began = time.monotonic()
        with pytest.raises(Unavailable, match="did not answer in time"):
            desk.request("GET", "/x")
        assert time.monotonic() - began < 1.5


def test_each_answer_on_a_kept_connection_has_all_of_its_time(
    to: Callable[[str], Transport], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "WHOLE_ANSWER_SECONDS", 0.4)

    def slowly(connection: socket.socket) -> None:
        for _ in range(3):
            hear(connection)
            time.sleep(0.25)
            connection.sendall(OK)

    with serving(slowly) as url:
        desk = to(url)
        assert [desk.request("GET", "/x").json() for _ in range(3)] == [{}] * 3


def hanging_up(connection: socket.socket) -> None:
    """Answers once, and hangs up when it is asked again."""
    hear(connection)
    connection.sendall(OK)
    hear(connection)


def test_what_is_read_is_asked_again_if_the_server_hangs_up_on_a_kept_connection(
    to: Callable[[str], Transport],
) -> None:
    with serving(hanging_up, answering(OK)) as url:
        desk = to(url)
        assert [desk.request("GET", "/x").json() for _ in range(2)] == [{}] * 2


def test_what_is_written_is_not_sent_twice_by_itself(to: Callable[[str], Transport]) -> None:
    with serving(hanging_up) as url:
        desk = to(url)
        desk.request("GET", "/x")
        with pytest.raises(Unavailable, match="broke off"):
            desk.request("POST", "/x", body={})


def test_nothing_is_asked_a_third_time(to: Callable[[str], Transport]) -> None:
    with serving(hanging_up, hear) as url:
        desk = to(url)
        desk.request("GET", "/x")
        with pytest.raises(Unavailable, match="broke off"):
            desk.request("GET", "/x")


@pytest.mark.parametrize(
    ("path", "params", "headers"),
    [
        ("/ä", {}, {}),
        ("/a b", {}, {}),
        ("/a\r\nX: y", {}, {}),
        ("/x", {"q": "\ud800"}, {}),
        ("/x", {}, {"If-Match": "a\r\nX: y"}),
        ("/x", {}, {"If-Match": "“a”"}),
    ],
)
def test_what_cannot_be_sent_is_refused_and_not_tried_again(
    to: Callable[[str], Transport],
    peer: Any,
    path: str,
    params: dict[str, str],
    headers: dict[str, str],
) -> None:
    desk = to(peer.url)
    with pytest.raises(Refused, match="was not asked"):
        desk.request("GET", path, params=params, headers=headers)
    assert peer.asked == []
    assert desk.request("GET", "/x").status == 200
