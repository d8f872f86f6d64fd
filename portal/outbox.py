"""Mail to people: plain text, into the queue that waits for the mail server."""

from post_office import mail

# For the header "Sensitivity" (RFC 4021): only who may see the person in the portal may see such a mail in the queue.
PRIVATE = "Private"
# With a link that opens somebody's account: nobody is shown it in the queue, whoever manages the portal least of all.
PERSONAL = "Personal"


def queue(
    to: str, subject: str, message: str, reply_to: str = "", private: bool = False, personal: bool = False
) -> None:
    headers = {"Reply-To": reply_to} if reply_to else {}
    if private:
        headers["Sensitivity"] = PRIVATE
    if personal:
        headers["Sensitivity"] = PERSONAL
    # The library takes both for templates; what people have written must never be one.
    mail.send(
        to,
        subject="{{ subject|safe }}",
        message="{{ message|safe }}",
        context={"subject": " ".join(subject.split()), "message": message},
        headers=headers,
    )
