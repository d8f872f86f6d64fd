"""A reader's hint reaches the staff."""

import logging

from portal import outbox
from portal.models import SiteProfile

logger = logging.getLogger("portal")


def tell_staff(suggestion):
    """Queues a mail for the office. The hint is safe already, so a failure here must not reach its author."""
    profile = SiteProfile.current()
    if not profile.email:
        return
    try:
        outbox.queue(
            profile.email,
            f"Wegweiser: Hinweis zu „{suggestion.service}“"[:150],
            (
                f"Jemand hat gemeldet, dass im Wegweiser etwas nicht stimmt: „{suggestion.service}“.\n\n"
                "Der Hinweis steht in der Verwaltung unter „Hinweise auf Fehler“."
            ),
        )
    except Exception:
        logger.exception("The mail about a hint to service %s could not be queued", suggestion.service_id)
