"""The addresses in letters that are keys: to an invitation for who is asked, to a request for who asks."""

from uuid import UUID

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils import translation

from ..models import Assignment, AssistanceRequest

INVITATION, REQUEST = "lotsen.invitation", "lotsen.request"


def to_invitation(assignment: Assignment) -> str:
    token = signing.dumps(assignment.pk, salt=INVITATION)
    return address("lotsen:invitation", token, assignment.volunteer.language)


def to_request(asked: AssistanceRequest) -> str:
    return address("lotsen:request", signing.dumps(asked.pk.hex, salt=REQUEST), asked.language)


def address(name: str, token: str, language: str) -> str:
    with translation.override(language):
        return settings.PORTAL_URL + reverse(name, args=[token])


def invitation(token: str) -> Assignment | None:
    """None: there was one. Raises signing.BadSignature for what is not one of our links."""
    pk = signing.loads(token, salt=INVITATION)
    found = Assignment.objects.select_related(
        "volunteer", "request__kind", "request__municipality", "request__destination__service",
        "request__destination__location",
    )  # fmt: skip
    return found.filter(pk=pk).first()


def request(token: str) -> AssistanceRequest | None:
    pk = UUID(signing.loads(token, salt=REQUEST))
    found = AssistanceRequest.objects.select_related(
        "kind", "municipality", "destination__service", "destination__location"
    )
    return found.filter(pk=pk).first()
