# SPDX-License-Identifier: MIT
"""A distant server, simulated by a TCP proxy with round-trip times and a shared bandwidth.

A new connection takes one round trip, each direction half of one. All connections together get the
bandwidth, in the order in which their bytes come.
"""
import asyncio
import re
import threading

PIECE_NBYTES = 16384
HEAD = re.compile(rb"(GET|HEAD) (\S+) HTTP.*?(?:Range: bytes=(\S+)\r\n|\r\n\r\n)", re.DOTALL)
AHEAD = 0.02  # seconds of the line that may be reserved, so that connections take turns


class Line:
    """Use as a context manager; "port" leads to "upstream", (host, port)."""

    def __init__(self, upstream, round_trip, bandwidth):
        self.upstream, self.round_trip = upstream, round_trip
        self.bytes_a_second = bandwidth / 8
        self.free = 0.0  # when the last reserved byte has left the server
        self.connections = 0
        self.requests = []
        self.together = 0  # answers wait until as many parts of files have been asked for
        self.came_apart = False

    def _record(self, content, connection, is_answer):
        """Times of requests and answers at the client; a head arrives in one piece."""
        now = asyncio.get_running_loop().time() + (self.round_trip / 2 if is_answer else 0)
        if is_answer:
            mine = [each for each in self.requests if each["connection"] == connection]
            if mine:
                mine[-1]["end"] = now
                mine[-1]["nbytes"] += len(content)
        elif head := HEAD.match(content):
            method, target, ranges = ((text or b"").decode() for text in head.groups())
            self.requests.append(
                {"connection": connection, "begin": now, "end": now, "nbytes": 0, "method": method,
                 "target": target.rpartition("/")[2], "range": ranges}
            )

    def rounds(self):
        """Requests that waited for one another: the longest chain of which each was sent after the
        answer to the one before it."""
        count, free = 0, 0
        for each in sorted(self.requests, key=lambda each: each["end"]):
            if each["begin"] >= free:
                count, free = count + 1, each["end"]
        return count

    def parts(self):
        """The requests for parts of files that are not their beginning."""
        return [each for each in self.requests if not (each["range"] or "0-").startswith("0-")]

    def timeline(self):
        """One line a request: when it was sent and answered, in round trips since the first."""
        begin = min((each["begin"] for each in self.requests), default=0)
        lines = []
        for each in self.requests:
            sent, answered = ((each[key] - begin) / self.round_trip for key in ("begin", "end"))
            lines.append(
                f"{sent:6.1f} {answered:6.1f}  {each['connection']:3} {each['method']:4} "
                f"{each['nbytes']:9,}  {each['target']} {each['range']}"
            )
        return "\n".join(lines)

    async def _wait_for_others(self, connection):
        """Holds the answer to a request for a part, not the beginning, until there are "together"
        such requests, or for a few seconds."""
        if not any(each["connection"] == connection for each in self.parts()):
            return
        begin = asyncio.get_running_loop().time()
        while len(self.parts()) < self.together and not self.came_apart:
            self.came_apart = asyncio.get_running_loop().time() > begin + 5
            await asyncio.sleep(0.01)

    async def _carry(self, reader, writer, delay, is_limited, connection):
        """Carries bytes one way; each arrives "delay" after it was sent."""
        clock = asyncio.get_running_loop().time
        pieces = asyncio.Queue()

        async def deliver():
            while (piece := await pieces.get()) is not None:
                due, content = piece
                await asyncio.sleep(max(0, due - clock()))
                writer.write(content)
                await writer.drain()
            writer.close()

        delivery = asyncio.create_task(deliver())
        try:
            while content := await reader.read(PIECE_NBYTES):
                self._record(content, connection, is_limited)
                if is_limited:
                    await self._wait_for_others(connection)
                    await asyncio.sleep(max(0, self.free - AHEAD - clock()))
                    self.free = max(self.free, clock()) + len(content) / self.bytes_a_second
                pieces.put_nowait((max(self.free if is_limited else 0, clock()) + delay, content))
        except OSError:
            pass
        pieces.put_nowait(None)
        await asyncio.gather(delivery, return_exceptions=True)

    async def _connect(self, reader, writer):
        self.connections += 1
        connection = self.connections
        await asyncio.sleep(self.round_trip)
        there_reader, there_writer = await asyncio.open_connection(*self.upstream)
        half = self.round_trip / 2
        await asyncio.gather(
            self._carry(reader, there_writer, half, False, connection),
            self._carry(there_reader, writer, half, True, connection),
        )

    async def _serve(self):
        server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self.started.set()
        await self.stopped.wait()
        server.close()

    def _run(self):
        self.loop = asyncio.new_event_loop()
        self.stopped = asyncio.Event()
        self.loop.run_until_complete(self._serve())
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        if tasks:
            self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))

    def __enter__(self):
        self.started = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        assert self.started.wait(10)
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.stopped.set)
        self.thread.join(10)
