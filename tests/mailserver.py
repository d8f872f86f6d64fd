"""A real mail server on this machine; what it got is in `mails`."""

import socket
from email import message_from_bytes, policy


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
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
