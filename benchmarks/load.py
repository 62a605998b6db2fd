"""The load: HTTP/1.1 over raw sockets that stay open, so that the client is not what is measured.

Both kinds of load call ``make`` for each request. ``flat_out`` sends the next one as soon as an
answer is there; ``at_rate`` sends at fixed moments and counts an answer's time from the moment it
was due, so that a server that stalls cannot hide it by slowing the client down.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

Make = Callable[[], bytes]
"""The next request, whole: head and body."""

LATEST = 30.0
"""Seconds to wait for the last answers."""

TICK = 0.001
"""Seconds between two looks at what is due."""

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Heard:
    """What came back. ``seconds`` is the whole time, ``busy`` the client's share of one core.

    ``times`` are seconds from due to answered, shortest first. A status of 0 is an answer that
    never came.
    """

    seconds: float
    statuses: Counter[int]
    times: tuple[float, ...]
    busy: float

    @property
    def accepted(self) -> int:
        """How many answers were a 2xx."""
        return sum(count for status, count in self.statuses.items() if 200 <= status < 300)

    @property
    def others(self) -> int:
        """How many were not."""
        return self.statuses.total() - self.accepted

    @property
    def rate(self) -> float:
        """Accepted a second."""
        return self.accepted / self.seconds

    def percentile(self, share: float) -> float:
        """The time in seconds within which this share of the answers came; 0.99 is the p99."""
        return self.times[min(len(self.times) - 1, int(share * len(self.times)))]


def flat_out(address: tuple[str, int], make: Make, connections: int, seconds: float) -> Heard:
    """Keep every connection busy for this long."""

    def feed(gun: _Gun) -> bool:
        while gun.idle:
            gun.fire(make(), time.perf_counter())
        return time.perf_counter() - gun.began < seconds

    return asyncio.run(_shoot(address, connections, feed))


def count_out(address: tuple[str, int], make: Make, connections: int, count: int) -> Heard:
    """Keep every connection busy until this many requests are sent."""
    left = count

    def feed(gun: _Gun) -> bool:
        nonlocal left
        while gun.idle and left:
            left -= 1
            gun.fire(make(), time.perf_counter())
        return left > 0

    return asyncio.run(_shoot(address, connections, feed))


def at_rate(
    address: tuple[str, int], make: Make, rate: float, seconds: float, connections: int = 64
) -> Heard:
    """Send ``rate`` requests a second for this long, whatever the server does."""
    count = int(rate * seconds)
    due = 0

    def feed(gun: _Gun) -> bool:
        nonlocal due
        passed = time.perf_counter() - gun.began
        while due < count and due / rate <= passed and gun.idle:
            gun.fire(make(), gun.began + due / rate)
            due += 1
        return due < count

    return asyncio.run(_shoot(address, connections, feed))


async def _shoot(address: tuple[str, int], connections: int, feed: Callable[[_Gun], bool]) -> Heard:
    gun = _Gun(feed)
    loop = asyncio.get_running_loop()
    opened = [
        await loop.create_connection(lambda: _Line(gun), *address) for _ in range(connections)
    ]
    gun.began = time.perf_counter()
    cpu = time.process_time()
    await _until(lambda: not gun.step())
    until = time.perf_counter() + LATEST
    await _until(lambda: not gun.under_way or time.perf_counter() > until)
    seconds = gun.last - gun.began
    busy = (time.process_time() - cpu) / seconds
    gun.statuses[0] += gun.under_way
    for transport, _ in opened:
        transport.abort()
    return Heard(seconds, +gun.statuses, tuple(sorted(gun.times)), busy)


async def _until(over: Callable[[], bool]) -> None:
    # An event would have to be set by a timer of its own: what is due depends on the time.
    while not over():  # ruff: ignore[async-busy-wait]
        await asyncio.sleep(TICK)


class _Gun:
    """All connections, and what came back on them."""

    def __init__(self, feed: Callable[[_Gun], bool]) -> None:
        self.idle: deque[_Line] = deque()
        self.statuses: Counter[int] = Counter()
        self.times: list[float] = []
        self.under_way = 0
        self.began = self.last = 0.0
        self._feed = feed
        self._more = True

    def step(self) -> bool:
        """Send what is due; False once there is no more."""
        self._more = self._more and self._feed(self)
        return self._more

    def fire(self, request: bytes, due: float) -> None:
        self.under_way += 1
        self.idle.popleft().send(request, due)

    def hit(self, line: _Line, status: int, due: float) -> None:
        self.under_way -= 1
        self.last = time.perf_counter()
        self.statuses[status] += 1
        self.times.append(self.last - due)
        self.idle.append(line)
        self.step()

    def lost(self, line: _Line, *, under_way: bool) -> None:
        if under_way:
            self.under_way -= 1
            self.statuses[0] += 1
        else:
            self.idle.remove(line)


class _Line(asyncio.Protocol):
    """One connection: one request at a time."""

    def __init__(self, gun: _Gun) -> None:
        self._gun = gun
        self._due: float | None = None
        self._heard = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._gun.idle.append(self)

    def send(self, request: bytes, due: float) -> None:
        self._due = due
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._heard += data
        head, end, body = self._heard.partition(b"\r\n\r\n")
        if not end or self._due is None:
            return
        length = _LENGTH.search(head)
        if length is None:
            raise ValueError("an answer without Content-Length cannot be told from the next one")
        if len(body) < int(length[1]):
            return
        self._heard = b""
        due, self._due = self._due, None
        self._gun.hit(self, int(head[9:12]), due)

    def connection_lost(self, exc: Exception | None) -> None:
        _ = exc
        self._gun.lost(self, under_way=self._due is not None)
