from django.utils import timezone

from ..models import AssistanceRequest
from . import links, steps
from .letters import tell


def arrived(asked: AssistanceRequest) -> None:
    """The mail address of a request is proven. Call it in the transaction that has confirmed it."""
    with steps.locked(asked.pk) as asked:
        if asked.starts_at <= timezone.now():
            steps.give_up(asked)  # confirmed when it was too late
            return
        tell("request_received", asked, asked, link=links.to_request(asked))
        steps.tell_coordination(asked, "neu")
