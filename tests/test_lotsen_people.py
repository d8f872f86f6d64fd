"""Volunteers as rows: stages, how long they stay, what goes with them."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.utils import timezone

from lotsen import mails
from lotsen.models import Fulfilment, NoticeText, Volunteer
from tests.conftest import coordination_was_told
from tests.factories import make_requirement, make_volunteer

pytestmark = pytest.mark.django_db

Stage = Volunteer.Stage


def test_only_the_named_moves_are_allowed():
    for start, allowed in Volunteer.TRANSITIONS.items():
        for target in Stage:
            volunteer = make_volunteer(stage=start)
            if target in allowed:
                volunteer.move(target)
                assert Volunteer.objects.get(pk=volunteer.pk).stage == target
            else:
                with pytest.raises(ValidationError):
                    volunteer.move(target)
                assert Volunteer.objects.get(pk=volunteer.pk).stage == start


def test_a_pause_ends_with_its_stage():
    volunteer = make_volunteer(stage=Stage.PAUSED, paused_until=date(2030, 1, 1))
    volunteer.move(Stage.ACTIVE)
    assert volunteer.paused_until is None


def test_what_was_shown_is_never_changed():
    text = NoticeText.objects.create(purpose="sign_up", language="de", version=1, body="Hinweis", digest="1")
    text.body = "Etwas anderes"
    with pytest.raises(ValidationError):
        text.save()


def test_a_certificate_of_conduct_goes_at_once_where_nobody_becomes_active():
    record = make_requirement(kind="record", valid_months=60)
    volunteer = make_volunteer(stage=Stage.TRAINING)
    today = timezone.localdate()
    Fulfilment.objects.create(volunteer=volunteer, requirement=record, fulfilled_on=today, issued_on=today)
    volunteer.move(Stage.REJECTED)
    assert not Fulfilment.objects.exists()


def test_the_dry_run_deletes_nothing(capsys):
    make_volunteer(stage=Stage.REJECTED, stage_since=date(2020, 1, 1))
    coordination_was_told()
    call_command("purge_personal_data", dry_run=True)
    assert "Lotsinnen und Lotsen: 1 (Probelauf)" in capsys.readouterr().out
    assert Volunteer.objects.count() == 1
    call_command("purge_personal_data")
    assert Volunteer.objects.count() == 0


def test_nobody_can_smuggle_a_template_into_a_mail(site):
    from post_office.models import Email

    volunteer = make_volunteer(name="{% now 'Y' %} {portal} {{ 1 }}")
    mails.send("welcome", volunteer)
    message = Email.objects.get().message
    assert "{% now 'Y' %} {portal} {{ 1 }}" in message
