"""asgiref's choice of a thread."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

from asgiref.sync import SyncToAsync, ThreadSensitiveContext, sync_to_async


def test_a_context_has_an_executor() -> None:
    """What is registered for a context runs its sync code, and may be taken back."""
    with ThreadPoolExecutor(1, thread_name_prefix="chosen") as executor:

        async def name_of_thread() -> str:
            context = ThreadSensitiveContext()
            token = SyncToAsync.thread_sensitive_context.set(context)
            SyncToAsync.context_to_thread_executor[context] = executor
            try:
                return await sync_to_async(lambda: threading.current_thread().name)()
            finally:
                SyncToAsync.context_to_thread_executor.pop(context, None)
                SyncToAsync.thread_sensitive_context.reset(token)

        assert asyncio.run(name_of_thread()).startswith("chosen")
