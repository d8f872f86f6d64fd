"""A real mail server on this machine; what it got is in `mails`."""

import socket
from contextlib import suppress
from email import message_from_bytes, policy
from secrets import randbelow


class Postbox:
    def __init__(self):
        self.mails = []

    async def handle_DATA(self, server, session, envelope):
        self.mails.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=policy.default)))
        return "250 OK"

    def last_to(self, address: str) -> str:
        """The text of the newest mail to somebody."""
        return next(mail.get_content() for to, mail in reversed(self.mails) if address in to)


def free_port() -> int:
    """Nobody is given it meanwhile: those the system gives to whoever asks somewhere else begin above."""
    while True:
        with socket.socket() as free, suppress(OSError):
            free.bind(("127.0.0.1", 10_000 + randbelow(22_000)))
            return free.getsockname()[1]
