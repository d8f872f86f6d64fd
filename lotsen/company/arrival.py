"""A request whose mail address is proven."""

from ..models import AssistanceRequest


def arrived(request: AssistanceRequest) -> None:
    pass
