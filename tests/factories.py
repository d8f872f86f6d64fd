"""Contents for tests: published unless said otherwise, with what their constraints demand."""

from datetime import timedelta
from io import BytesIO
from itertools import count

import pikepdf
from django.core.files.base import ContentFile
from django.utils import timezone
from pikepdf import Array, Dictionary, Name
from PIL import Image

from integration.events.models import Event
from integration.offices.models import ContactPerson, Diagram, Office, Task, WorkingGroup
from integration.projects.models import Project
from integration.publications.models import Publication, PublicationFile
from integration.topics.models import Term
from integration.wegweiser.models import (
    Contact,
    Location,
    Municipality,
    OpeningHours,
    Organization,
    Service,
    ServiceAtLocation,
    SpokenLanguage,
)
from lotsen.models import AssistanceRequest, KindOfHelp, LotsenPage, Requirement, Volunteer
from portal.media.models import Picture
from portal.models import Content, FederalState, Notice, Page, SiteProfile, TopTask

_number = count(1)


def pdf(pages=1, content=b"BT /F 12 Tf (Guten Tag) Tj ET", without=(), encryption=None):
    """A document that lacks nothing, or what is named: tagged, language, title, pdfua."""
    document = pikepdf.new()
    for _ in range(pages):
        page = document.add_blank_page()
        page.Contents = document.make_stream(content)
    root = document.Root
    root.ViewerPreferences = Dictionary(DisplayDocTitle="title" not in without)
    if "tagged" not in without:
        root.MarkInfo = Dictionary(Marked=True)
        root.StructTreeRoot = Dictionary(
            Type=Name.StructTreeRoot, K=Array([Dictionary(Type=Name.StructElem, S=Name.P)])
        )
    if "language" not in without:
        root.Lang = pikepdf.String("de-DE")
    if "title" not in without:
        document.docinfo["/Title"] = "Bericht"
    if "pdfua" not in without:
        xmp = (
            '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
            '<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" pdfuaid:part="1"/>'
            "</rdf:RDF></x:xmpmeta>"
        )
        root.Metadata = pikepdf.Stream(document, xmp.encode(), Type=Name.Metadata, Subtype=Name.XML)
    file = BytesIO()
    document.save(file, encryption=encryption or False, static_id=not encryption)
    return file.getvalue()


PDF = pdf()


def png(width=4, height=4):
    file = BytesIO()
    Image.new("RGB", (width, height), "navy").save(file, "PNG")
    return file.getvalue()


def make(model, **fields):
    if issubclass(model, Content):
        fields = {"title_de": f"{model.__name__} {next(_number)}", "status": "published", **fields}
    many = {f.name: fields.pop(f.name) for f in model._meta.many_to_many if f.name in fields}
    row = model.objects.create(**fields)
    for name, targets in many.items():
        getattr(row, name).set(targets)
    return row


def make_site(**fields):
    defaults = {
        "name_de": "Landkreis Testland",
        "title_de": "Migration und Teilhabe",
        "land": FederalState.objects.get(pk="NI"),
        "email": "portal@example.org",
        "phone": "030 23125-100",
    }
    return SiteProfile.objects.create(**{**defaults, **fields})


def make_page(**fields):
    return make(Page, **fields)


def make_notice(**fields):
    return Notice.objects.create(**{"text_de": "Wichtiger Hinweis", "status": "published", **fields})


def make_top_task(**fields):
    return TopTask.objects.create(**{"title_de": "Beratung", "link": "/stellen/", **fields})


def make_topic(**fields):
    return Term.objects.create(**{"title_de": f"Thema {next(_number)}", **fields})


def make_office(**fields):
    return make(Office, **fields)


def make_task(office, **fields):
    return make(Task, office=office, **{"title_de": "Bestandsaufnahme", **fields})


def make_contact(office, **fields):
    return make(ContactPerson, office=office, **{"role_de": "Anfragen", "phone": "030 23125-110", **fields})


def make_group(office, **fields):
    return make(WorkingGroup, office=office, **{"title_de": "Arbeitskreis Sprache", **fields})


def make_diagram(office, **fields):
    defaults = {"title_de": "Schaubild", "alt_de": "Wer macht was", "description_de": "<p>In Worten</p>"}
    return make(Diagram, office=office, image=ContentFile(png(), "schaubild.png"), **{**defaults, **fields})


def make_picture(**fields):
    defaults = {"name": f"Bild {next(_number)}", "alt_de": "Ein Haus", "credit": "Foto: Testland"}
    return make(Picture, **{**defaults, "file": ContentFile(png(), "bild.png"), **fields})


def make_project(**fields):
    return make(Project, **fields)


def make_publication(**fields):
    return make(Publication, **fields)


def make_file(publication, language="de", content=PDF, name="bericht.pdf"):
    return make(PublicationFile, publication=publication, language=language, file=ContentFile(content, name))


def make_event(**fields):
    return make(Event, **{"starts_at": timezone.now() + timedelta(days=7), **fields})


def make_term(vocabulary, **fields):
    return Term.objects.create(vocabulary=vocabulary, **{"title_de": f"Begriff {next(_number)}", **fields})


def make_municipality(**fields):
    return make(Municipality, **{"name": f"Gemeinde {next(_number)}", **fields})


def make_organization(**fields):
    number = next(_number)
    return make(Organization, **{"title_de": f"Träger {number}", "description_de": "Wer das ist.", **fields})


def make_location(**fields):
    if "municipality" not in fields and fields.get("kind", "physical") == "physical":
        fields["municipality"] = make_municipality()
    address = {"street": f"Musterweg {next(_number)}", "postal_code": "12345", "city": "Musterstadt"}
    return make(Location, **{**address, **fields})


def make_service(*locations, **fields):
    """A public entry; at these locations, or reached without one."""
    if "organization" not in fields:
        fields["organization"] = make_organization()
    service = make(Service, **fields)
    for number, location in enumerate(locations):
        make(ServiceAtLocation, service=service, location=location, order=number)
    return service


def make_hours(owner, days="MO,TU,WE,TH,FR", opens_at="09:00", closes_at="12:00", **fields):
    """Of a service or a location; `service_at_location` narrows a service's."""
    parent = {"location": owner} if isinstance(owner, Location) else {"service": owner}
    return make(OpeningHours, days=days, opens_at=opens_at, closes_at=closes_at, **parent, **fields)


def make_service_contact(owner, **fields):
    parent = {Service: "service", Location: "location", Organization: "organization"}[type(owner)]
    return make(Contact, **{parent: owner, "phone": "030 23125-500", **fields})


def make_spoken(owner, code, **fields):
    parent = "location" if isinstance(owner, Location) else "service"
    return make(SpokenLanguage, **{parent: owner, "code": code, **fields})


def make_lotsen_page(**fields):
    return make(LotsenPage, **{"title_de": "Integrationslotsen", "status": "published", **fields})


def make_kind(**fields):
    return make(KindOfHelp, **{"title_de": f"Hilfe {next(_number)}", **fields})


def make_requirement(**fields):
    return make(Requirement, **{"title_de": f"Schulung {next(_number)}", **fields})


def make_volunteer(languages=(), **fields):
    """Entered by the coordination unless said otherwise; `languages` as {"ar": "B2"}."""
    number = next(_number)
    defaults = {"name": f"Person {number}", "email": f"person{number}@example.org", "place": "Musterstadt"}
    volunteer = make(Volunteer, **{"adult": True, **defaults, **fields})
    for code, level in dict(languages).items():
        volunteer.languages.create(code=code, level=level)
    return volunteer


def make_request(**fields):
    """An institution asks for company, in a week at ten."""
    start = fields.pop("starts_at", None) or timezone.localtime().replace(
        hour=10, minute=0, second=0, microsecond=0
    ) + timedelta(days=7)
    defaults = {
        "name": "Sekretariat",
        "institution": "Grundschule",
        "email": f"schule{next(_number)}@example.org",
        "spoken": "ar",
        "place": "Schulweg 1",
        "starts_at": start,
        "ends_at": start + timedelta(hours=2),
    }
    return make(AssistanceRequest, **{**defaults, **({} if "kind" in fields else {"kind": make_kind()}), **fields})
