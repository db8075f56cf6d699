"""A block of a test: `with` in a sync test, `async with` in an async one."""

from typing import Generic, TypeVar

from asgiref.sync import sync_to_async

T = TypeVar("T")


class Block(Generic[T]):
    """`begin` and `end` may use the database, so that an async test runs them in the
    thread that has its connections."""

    def begin(self) -> T:
        raise NotImplementedError

    def end(self) -> None:
        raise NotImplementedError

    def __enter__(self) -> T:
        return self.begin()

    def __exit__(self, *_: object) -> None:
        self.end()

    async def __aenter__(self) -> T:
        return await sync_to_async(self.begin)()

    async def __aexit__(self, *_: object) -> None:
        await sync_to_async(self.end)()
