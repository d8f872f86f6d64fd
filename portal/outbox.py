"""Mail to people: plain text, into the queue that waits for the mail server."""

from post_office import mail


def queue(to: str, subject: str, message: str, reply_to: str = "") -> None:
    # The library takes both for templates; what people have written must never be one.
    mail.send(
        to,
        subject="{% autoescape off %}{{ subject }}{% endautoescape %}",
        message="{% autoescape off %}{{ message }}{% endautoescape %}",
        context={"subject": " ".join(subject.split()), "message": message},
        headers={"Reply-To": reply_to} if reply_to else None,
    )
