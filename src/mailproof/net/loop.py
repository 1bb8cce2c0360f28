"""A small scheduler: coroutines, deadlines, and something that tells which of them can go on.

It drives real sockets (`sockets`) and virtual time (`memory`) alike; only the poller differs. It exists because the
path from socket to parser must be short (research: a loop over selectors reaches the speed of a C client, asyncio's
streams three quarters of it, and importing asyncio costs more than a whole check).
"""

from __future__ import annotations

import heapq
import types
from collections import deque
from collections.abc import Callable, Coroutine, Generator, Iterable
from typing import Any, Generic, Protocol, TypeVar

Value = TypeVar("Value")

READ, WRITE = 1, 2


class Cancelled(BaseException):
    """Thrown into a task to end it; like KeyboardInterrupt it is nobody's to swallow."""


class Wait:
    """What a task waits for: a descriptor or a signal, until a deadline."""

    __slots__ = ("deadline", "descriptor", "mask", "over", "signal", "task")

    def __init__(self, deadline: float, *, descriptor: int = -1, mask: int = 0, signal: Signal | None = None) -> None:
        self.deadline = deadline
        self.descriptor = descriptor
        self.mask = mask
        self.signal = signal
        self.over = False
        self.task: Task[Any] | None = None


class Poller(Protocol):
    """Tells the time, and which descriptors are ready."""

    def now(self) -> float: ...
    def watch(self, wait: Wait) -> None: ...
    def unwatch(self, wait: Wait) -> None: ...
    def poll(self, until: float | None) -> Iterable[Wait]:
        """Wait until something is ready or the time has come; None: only what is ready now or can become so."""
        ...


@types.coroutine
def _suspend(wait: Wait) -> Generator[Wait, bool, bool]:
    return (yield wait)


class Signal:
    """Something that becomes true: tasks wait for it, and are all woken when it is set."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._waiting: list[Wait] = []

    def set(self) -> None:
        waiting, self._waiting = self._waiting, []
        for wait in waiting:
            self._loop.wake(wait, True)

    async def wait(self, deadline: float = float("inf")) -> bool:
        """True when it was set, False at the deadline."""
        wait = Wait(deadline, signal=self)
        self._waiting.append(wait)
        return await _suspend(wait)

    def forget(self, wait: Wait) -> None:
        if wait in self._waiting:
            self._waiting.remove(wait)


class Task(Generic[Value]):
    def __init__(self, loop: Loop, coroutine: Coroutine[Any, Any, Value]) -> None:
        self.coroutine = coroutine
        self.started = False
        self.waiting: Wait | None = None
        self.error: BaseException | None = None
        self.observed = False
        """Somebody took the result or the exception."""
        self._loop = loop
        self._result: Value | None = None
        self._over = False
        self._ended = Signal(loop)

    def done(self) -> bool:
        return self._over

    async def wait(self) -> Value:
        """Its result; raises what it raised."""
        while not self._over:
            await self._ended.wait()
        return self.result()

    def result(self) -> Value:
        """Of a task that has ended; raises what it raised."""
        self.observed = True
        if self.error is not None:
            raise self.error
        return self._result  # type: ignore[return-value]

    def cancel(self) -> None:
        """Throw Cancelled into it at its next turn; its end can be awaited."""
        self.observed = True
        if not self._over:
            self._loop.cancel(self)

    def finish(self, result: Value | None, error: BaseException | None) -> None:
        self._result, self.error, self._over = result, error, True
        self._ended.set()


class Loop:
    """Runs tasks until the main one has ended."""

    def __init__(self, poller: Poller) -> None:
        self._poller = poller
        self._ready: deque[tuple[Task[Any], bool, BaseException | None]] = deque()
        self._deadlines: list[tuple[float, int, Wait]] = []
        self._counter = 0
        self._tasks: dict[Task[Any], None] = {}

    def now(self) -> float:
        return self._poller.now()

    async def sleep(self, seconds: float) -> None:
        await _suspend(Wait(self.now() + seconds))

    async def descriptor(self, descriptor: int, mask: int, deadline: float) -> bool:
        """True when the descriptor is ready for READ or WRITE, False at the deadline."""
        return await _suspend(Wait(deadline, descriptor=descriptor, mask=mask))

    def spawn(self, coroutine: Coroutine[Any, Any, Value]) -> Task[Value]:
        task = Task(self, coroutine)
        self._tasks[task] = None
        self._ready.append((task, True, None))
        return task

    def run(self, main: Coroutine[Any, Any, Value]) -> Value:
        """The result of `main`. Tasks left over are cancelled; what one of them raised unobserved is raised."""
        task = self.spawn(main)
        try:
            self._drive(task.done)
        except BaseException:
            self._cancel_all()
            raise
        errors = [other.error for other in self._tasks if other.error is not None and not other.observed]
        self._cancel_all()
        if errors:
            raise task.error or errors[0]
        return task.result()

    def wake(self, wait: Wait, ready: bool) -> None:
        """The task goes on: True if what it waited for came, False if its deadline did."""
        if wait.over or wait.task is None:
            return
        self._release(wait)
        self._ready.append((wait.task, ready, None))

    def cancel(self, task: Task[Any]) -> None:
        if task.waiting is not None:
            self._release(task.waiting)
        self._ready.append((task, False, Cancelled()))

    def _release(self, wait: Wait) -> None:
        wait.over = True
        if wait.task is not None:
            wait.task.waiting = None
        if wait.descriptor >= 0:
            self._poller.unwatch(wait)
        if wait.signal is not None:
            wait.signal.forget(wait)

    def _drive(self, finished: Callable[[], bool]) -> None:
        while not finished():
            while self._ready:
                self._step(*self._ready.popleft())
                if finished():
                    return
            while self._deadlines and self._deadlines[0][2].over:
                heapq.heappop(self._deadlines)
            for wait in self._poller.poll(self._deadlines[0][0] if self._deadlines else None):
                self.wake(wait, True)
            now = self.now()
            while self._deadlines and self._deadlines[0][0] <= now:
                self.wake(heapq.heappop(self._deadlines)[2], False)

    def _step(self, task: Task[Any], ready: bool, error: BaseException | None) -> None:
        if task.done():
            return
        first, task.started = not task.started, True
        try:
            if error is not None:
                wait = task.coroutine.throw(error)
            else:
                wait = task.coroutine.send(None if first else ready)
        except StopIteration as stop:
            self._end(task, stop.value, None)
        except (KeyboardInterrupt, SystemExit) as stop:
            # It may come just behind the coroutine, which then has not ended: `_cancel_all` gives it its `finally`.
            if getattr(task.coroutine, "cr_frame", None) is None:
                self._end(task, None, stop)
                task.observed = True
            raise
        except BaseException as failure:
            self._end(task, None, failure)
        else:
            self._park(task, wait)

    def _end(self, task: Task[Any], result: Any, error: BaseException | None) -> None:
        if error is None or task.observed or isinstance(error, Cancelled):
            self._tasks.pop(task, None)
        task.finish(result, error)

    def _park(self, task: Task[Any], wait: Wait) -> None:
        wait.task = task
        task.waiting = wait
        if wait.descriptor >= 0:
            self._poller.watch(wait)
        if wait.deadline != float("inf"):
            self._counter += 1
            heapq.heappush(self._deadlines, (wait.deadline, self._counter, wait))

    def _cancel_all(self) -> None:
        """End what is left. A task gets its `finally`, but no more time: whatever it awaits there ends it too."""
        for _ in range(3):
            for task in [task for task in self._tasks if not task.done()]:
                if task.waiting is not None:
                    self._release(task.waiting)
                self._step(task, False, Cancelled())
        for task in [task for task in self._tasks if not task.done()]:
            task.coroutine.close()
        self._tasks.clear()
        self._ready.clear()
        self._deadlines.clear()
