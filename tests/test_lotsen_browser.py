"""From the sign-up to the report, in a real browser and through real mail: a resident who reads Arabic, staff in German."""

import re
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import expect

from lotsen.models import Assignment, AssistanceRequest, LotsenSettings, Volunteer
from portal.forms import GuardedForm
from portal.groups import COORDINATORS
from tests import factories
from tests.conftest import sign_in, staff

pytestmark = pytest.mark.django_db(transaction=True)

PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 900}
VOLUNTEER, SCHOOL = "salma@example.org", "schule@example.org"


@pytest.fixture(autouse=True)
def quick_fingers(monkeypatch):
    monkeypatch.setattr(GuardedForm, "MIN_SECONDS", 0)


def link_in(postbox, to):
    """The first link of the newest mail to somebody, as it is on this machine."""
    call_command("send_queued_mail", processes=1)
    return re.search(r"https?://[^/\s]+(/\S+)", postbox.last_to(to))[1]


def open_row(page, path, name):
    page.goto(f"{page.base}/admin/lotsen/{path}/")
    page.locator("#result_list").get_by_role("link", name=name).first.click()


@pytest.mark.parametrize("language", ["ar", "de"])
def test_from_the_sign_up_to_the_report(portal, postbox, language):
    page = portal
    page.set_default_timeout(20_000)
    factories.make_site()
    factories.make_lotsen_page()
    town, kind = factories.make_municipality(name="Auenbrück"), factories.make_kind(title_de="Schule und Kita")
    factories.make_requirement(title_de="Ehrenamtsvereinbarung", kind="declaration")
    LotsenSettings.objects.create(coordinator_email="lotsen@example.org", lead_days=1)
    coordinator = staff("koordination", COORDINATORS)
    postbox.start()

    # Somebody signs up, looks over what she has written, and proves her address.
    page.set_viewport_size(PHONE)
    page.goto(f"{page.base}/{language}/lotsen/")
    page.locator(f"main a[href='/{language}/lotsen/mitmachen/']").first.click()
    page.fill("#id_name", "سلمى Muster")
    page.fill("#id_email", VOLUNTEER)
    page.fill("#id_phone", "030 23125-777")
    page.select_option("#id_home", town.slug)
    page.select_option("#id_spoken_0", "ar")
    page.select_option("#id_level_0", "C1")
    page.locator(f"input[name=kinds][value='{kind.slug}']").check()
    page.check("#id_adult")
    page.check("#id_acknowledged")
    page.locator("main button[value=review]").last.click()
    expect(page.locator("main")).to_contain_text(VOLUNTEER)
    page.locator("main button[value=send]").click()
    expect(page.locator("h1")).to_be_visible()
    volunteer = Volunteer.objects.get()
    assert not volunteer.is_confirmed
    page.goto(page.base + link_in(postbox, VOLUNTEER))
    assert page.locator("html").get_attribute("lang") == language
    page.locator("main form button").click()
    expect(page.locator("main [role=status]")).to_be_visible()
    volunteer.refresh_from_db()
    assert volunteer.is_confirmed
    call_command("send_queued_mail", processes=1)
    assert "سلمى Muster" in postbox.last_to(VOLUNTEER)
    assert VOLUNTEER not in postbox.last_to("lotsen@example.org")

    # The coordination gets to know her, has her sign, and takes her on.
    page.set_viewport_size(DESKTOP)
    sign_in(page, coordinator, page.base)
    open_row(page, "volunteer", "سلمى Muster")
    for stage in ("interview", "training"):
        page.locator(f"button[name=stage][value={stage}]").click()
        expect(page.locator(".messagelist .success")).to_be_visible()
    page.locator("#fulfilments-group .add-row a").click()
    page.locator("#id_fulfilments-0-requirement").select_option(label="Ehrenamtsvereinbarung")
    page.locator("[name=_continue]").first.click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    page.locator("button[name=stage][value=active]").click()
    expect(page.locator(".stage strong")).to_have_text("aktiv")
    volunteer.refresh_from_db()
    assert volunteer.stage == Volunteer.Stage.ACTIVE

    # A school asks for company, and proves its address.
    page.context.clear_cookies()
    page.set_viewport_size(PHONE)
    page.goto(f"{page.base}/{language}/lotsen/begleitung/")
    page.fill("#id_institution", "Grundschule Auenbrück")
    page.fill("#id_name", "Frau Beispiel")
    page.fill("#id_email", SCHOOL)
    page.select_option("#id_kind", str(kind.pk))
    page.select_option("#id_spoken", "ar")
    page.fill("#id_date", (timezone.localdate() + timedelta(days=10)).isoformat())
    page.fill("#id_start", "10:00")
    page.fill("#id_end", "11:30")
    page.fill("#id_place", "Schulweg 1")
    page.locator("main form button").last.click()
    expect(page.locator("h1")).to_be_visible()
    page.goto(page.base + link_in(postbox, SCHOOL))
    page.locator("main form button").click()
    expect(page.locator("main [role=status]")).to_be_visible()

    # The coordination sees who fits, and asks her.
    page.set_viewport_size(DESKTOP)
    sign_in(page, coordinator, page.base)
    asked = AssistanceRequest.objects.get()
    page.goto(f"{page.base}/admin/lotsen/assistancerequest/{asked.pk}/change/")
    page.get_by_role("link", name="Wer könnte mitgehen?").click()
    page.locator("input[name=volunteer]").check()
    page.get_by_role("button", name="Einladen", exact=True).click()
    expect(page.locator(".messagelist")).to_be_visible()

    # Before she says yes neither knows of the other; then both do.
    call_command("send_queued_mail", processes=1)
    assert "Beispiel" not in postbox.last_to(VOLUNTEER)
    page.context.clear_cookies()
    page.set_viewport_size(PHONE)
    invitation = link_in(postbox, VOLUNTEER)
    page.goto(page.base + invitation)
    expect(page.locator("main")).not_to_contain_text("Beispiel")
    page.locator("main button[value=yes]").click()
    expect(page.locator("main")).to_contain_text("Frau Beispiel")
    call_command("send_queued_mail", processes=1)
    assert "سلمى Muster" in postbox.last_to(SCHOOL)
    assert "Frau Beispiel" in postbox.last_to(VOLUNTEER)

    # The day after she is asked how it was.
    day = timezone.now() - timedelta(days=1)
    AssistanceRequest.objects.update(starts_at=day, ends_at=day + timedelta(hours=1))
    call_command("lotsen_day")
    page.goto(page.base + link_in(postbox, VOLUNTEER))
    page.locator("main input[name=took_place]").first.check()
    page.fill("#id_hours", "1.5")
    page.fill("#id_kilometres", "12")
    page.locator("main button[value=report]").click()
    expect(page.locator("main [role=status]")).to_be_visible()
    done = Assignment.objects.get()
    assert (done.status, float(done.hours), done.kilometres) == ("done", 1.5, 12)
    assert AssistanceRequest.objects.get().status == AssistanceRequest.Status.DONE
