"""Room for calls within calls.

CPython keeps what a thread is calling in pieces of 16 KB. It asks the system for one more when the last is full, and gives
that back as soon as it is left; only since 2026 does it keep one for the next time, and never will in 3.11 and 3.12
(python/cpython#142183). A page is hundreds of calls within each other, and goes to and fro over such a border. Where that
falls is chance: some pages lose nothing, some a tenth of their time, and in the worst place they take twice as long.
"""

ROOM = 2**16  # values; of the half megabyte only what is used takes memory


def roomy(function):
    """The function itself. One piece holds it and all that it calls, as long as it runs."""
    function.__code__ = function.__code__.replace(co_stacksize=ROOM)
    return function
