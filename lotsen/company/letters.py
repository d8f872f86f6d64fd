"""What people are written about a request. Whoever has not confirmed her address gets no word that somebody typed."""

from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from .. import mails
from ..mails import letter
from ..models import AssistanceRequest, Person

ABOUT = "name number request when kind spoken municipality"

letter(
    "confirm_request",
    "Anfrage: E-Mail-Adresse bestätigen",
    _("Bitte bestätigen Sie Ihre Anfrage"),
    _(
        "Guten Tag,\n\n"
        "jemand hat mit dieser E-Mail-Adresse um eine Begleitung gebeten. Wenn Sie das waren, öffnen Sie bitte diesen Link "
        "und bestätigen Sie die Anfrage:\n\n"
        "{link}\n\n"
        "Der Link gilt {hours} Stunden. Erst danach suchen wir jemanden. Wenn Sie es nicht waren, müssen Sie nichts tun: "
        "Die Angaben werden dann gelöscht."
    ),
    needs="link",
    knows="hours",
)
letter(
    "request_received",
    "Anfrage: angekommen, wir suchen",
    _("Ihre Anfrage ist angekommen"),
    _(
        "Guten Tag {name},\n\n"
        "Ihre Anfrage nach einer Begleitung ist bei uns angekommen.\n\n"
        "Wann: {when}\n"
        "Ihre Nummer: {number}\n\n"
        "Wir suchen jemanden und schreiben Ihnen, sobald wir Bescheid wissen. Versprechen können wir es nicht: Wer mitgeht, "
        "macht das freiwillig.\n\n"
        "Hier sehen Sie, wie es steht, und hier können Sie absagen:\n\n"
        "{link}"
    ),
    needs="link",
    knows=ABOUT,
)
letter(
    "invitation",
    "Begleitung: Haben Sie Zeit?",
    _("Können Sie jemanden begleiten?"),
    _(
        "Guten Tag {name},\n\n"
        "wir suchen jemanden, der mitgeht:\n\n"
        "Wann: {when}\n"
        "Worum es geht: {kind}\n"
        "Sprache: {spoken}\n"
        "Wo: {municipality}\n\n"
        "Haben Sie Zeit? Bitte antworten Sie hier:\n\n"
        "{link}\n\n"
        "Der Link gilt bis: {until}. Wer zuerst zusagt, geht mit. Namen und Adresse bekommen Sie danach."
    ),
    needs="link when",
    knows=f"{ABOUT} until",
)
letter(
    "you_go",
    "Begleitung: Sie gehen mit (mit den Kontaktdaten)",
    _("Danke, Sie gehen mit"),
    _(
        "Guten Tag {name},\n\n"
        "danke, dass Sie mitgehen:\n\n"
        "Wann: {when}\n"
        "Worum es geht: {kind}\n"
        "Sprache: {spoken}\n"
        "Wo: {place}\n\n"
        "Gefragt hat:\n"
        "{contact}\n\n"
        "Bitte sprechen Sie miteinander ab, wo Sie sich treffen. Alles zum Termin steht hier. Hier können Sie auch absagen "
        "und uns nachher sagen, wie es war:\n\n"
        "{link}\n\n"
        "Bitte behalten Sie für sich, was Sie über andere erfahren."
    ),
    needs="link when place contact",
    knows=ABOUT,
)
letter(
    "somebody_goes",
    "Anfrage: Es geht jemand mit (mit den Kontaktdaten)",
    _("Es geht jemand mit"),
    _(
        "Guten Tag {name},\n\n"
        "wir haben jemanden gefunden.\n\n"
        "Wann: {when}\n"
        "Wo: {place}\n\n"
        "Es geht mit:\n"
        "{contact}\n\n"
        "Bitte sprechen Sie miteinander ab, wo Sie sich treffen. Wenn Sie niemanden mehr brauchen, sagen Sie bitte hier ab:\n\n"
        "{link}"
    ),
    needs="link when contact",
    knows=f"{ABOUT} place",
)
letter(
    "no_longer_needed",
    "Begleitung: Ihre Antwort ist nicht mehr nötig",
    _("Ihre Antwort ist nicht mehr nötig"),
    _(
        "Guten Tag {name},\n\n"
        "wir hatten Sie gefragt, ob Sie jemanden begleiten können:\n\n"
        "Wann: {when}\n"
        "Worum es geht: {kind}\n\n"
        "Das hat sich erledigt. Sie brauchen nichts mehr zu tun. Danke, dass wir Sie fragen dürfen."
    ),
    needs="when",
    knows=ABOUT,
)
letter(
    "company_cancelled",
    "Begleitung: Der Termin fällt aus",
    _("Der Termin fällt aus"),
    _(
        "Guten Tag {name},\n\n"
        "Sie wollten jemanden begleiten. Das ist abgesagt:\n\n"
        "Wann: {when}\n"
        "Wo: {place}\n\n"
        "Bitte gehen Sie nicht hin. Danke, dass Sie dafür da gewesen wären."
    ),
    needs="when",
    knows=f"{ABOUT} place",
)
letter(
    "volunteer_cancelled",
    "Anfrage: Die Begleitung hat abgesagt, wir suchen noch einmal",
    _("Ihre Begleitung musste absagen"),
    _(
        "Guten Tag {name},\n\n"
        "wer mit Ihnen gehen wollte, musste leider absagen.\n\n"
        "Wann: {when}\n\n"
        "Wir suchen noch einmal und schreiben Ihnen, sobald wir Bescheid wissen. Versprechen können wir es nicht.\n\n"
        "Hier sehen Sie, wie es steht, und hier können Sie absagen:\n\n"
        "{link}"
    ),
    needs="link when",
    knows=ABOUT,
)
letter(
    "request_unmet",
    "Anfrage: leider niemand gefunden",
    _("Wir haben leider niemanden gefunden"),
    _(
        "Guten Tag {name},\n\n"
        "wir haben gesucht und leider niemanden gefunden, der mitgehen kann:\n\n"
        "Wann: {when}\n"
        "Sprache: {spoken}\n\n"
        "Das tut uns leid. Bitte fragen Sie beim nächsten Mal wieder; je früher, desto besser."
    ),
    needs="when",
    knows=ABOUT,
)
letter(
    "request_cancelled",
    "Anfrage: von uns abgesagt",
    _("Ihre Anfrage ist abgesagt"),
    _(
        "Guten Tag {name},\n\n"
        "Ihre Anfrage nach einer Begleitung ist abgesagt:\n\n"
        "Wann: {when}\n"
        "Ihre Nummer: {number}\n\n"
        "Wenn das nicht stimmt, rufen Sie uns bitte an."
    ),
    needs="when",
    knows=ABOUT,
)
letter(
    "appointment_changed",
    "Begleitung und Anfrage: Der Termin hat sich geändert",
    _("Der Termin hat sich geändert"),
    _(
        "Guten Tag {name},\n\n"
        "bei einer Begleitung hat sich etwas geändert. Jetzt gilt:\n\n"
        "Wann: {when}\n"
        "Wo: {place}\n\n"
        "Wenn Sie dann nicht können, sagen Sie bitte hier ab:\n\n"
        "{link}"
    ),
    needs="link when place",
    knows=ABOUT,
)
letter(
    "report",
    "Begleitung: Wie war es?",
    _("Wie war die Begleitung?"),
    _(
        "Guten Tag {name},\n\n"
        "Sie wollten jemanden begleiten:\n\n"
        "Wann: {when}\n"
        "Worum es geht: {kind}\n\n"
        "Hat es geklappt? Bitte sagen Sie uns hier kurz, wie viele Stunden es waren:\n\n"
        "{link}"
    ),
    needs="link when",
    knows=ABOUT,
)


def tell(key: str, person: Person, asked: AssistanceRequest, **values: str) -> None:
    """Queues a letter to somebody, about a request, in her language."""
    with translation.override(person.language):
        about = {
            "request": asked.reference,
            "when": when(asked),
            "kind": asked.kind.title,
            "spoken": asked.get_spoken_display(),
            "municipality": asked.municipality.name if asked.municipality else gettext("Das sagen wir Ihnen danach."),
            "place": where(asked),
        }
    mails.send(key, person, **about, **values)


def when(asked: AssistanceRequest) -> str:
    """Day and times in the language that is active: "Montag, 3. November 2025, 10:00–12:00 Uhr"."""
    start, end = timezone.localtime(asked.starts_at), timezone.localtime(asked.ends_at)
    until = f"{end:%H:%M}" if end.date() == start.date() else moment(end)
    return f"{date_format(start, 'l')}, {date_format(start)}, {start:%H:%M}–{until}{o_clock()}"


def moment(time) -> str:
    local = timezone.localtime(time)
    return f"{date_format(local)}, {local:%H:%M}{o_clock()}"


def o_clock() -> str:
    return " Uhr" if get_language().startswith("de") else ""


def where(asked: AssistanceRequest) -> str:
    """The whole of it, for who goes: from the directory, and what was written."""
    parts = [asked.place]
    if asked.destination:
        house = asked.destination.location
        parts = [
            asked.destination.service.title,
            house.title,
            house.address,
            asked.destination.description,
            asked.place,
        ]
    return ", ".join(part for part in parts if part) or asked.municipality.name


def contact(person: Person) -> str:
    """Name, phone and mail address, a line each."""
    lines = [getattr(person, "institution", ""), person.name, person.phone, person.email]
    return "\n".join(line for line in lines if line)
