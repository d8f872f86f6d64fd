from django.core.management.base import BaseCommand
from wagtail.models import Page, Site
from wagtail.rich_text import RichText

from ...models import Contact, ContentPage, FooterLink

TITLES = ["Ankommen", "Beratung", "Deutsch lernen", "Arbeit", "Wohnen", "Gesundheit", "Familie", "Mitmachen"]
TEXT = (
    "<p>Wir beraten Sie kostenlos und vertraulich. Sie können einen Termin vereinbaren oder zu unseren offenen "
    "Sprechzeiten kommen. Bringen Sie gern jemanden mit, der für Sie übersetzt.</p>"
)


class Command(BaseCommand):
    """A home page, eight pages in the menu, three below the one that is asked for."""

    def handle(self, **options):
        root = Page.get_first_root_node()
        for page in root.get_children():
            page.delete()
        root = Page.get_first_root_node()
        home = root.add_child(instance=ContentPage(title="Landkreis Musterland", slug="home", lead="Willkommen"))
        site = Site.objects.create(hostname="localhost", root_page=home, is_default_site=True, site_name="Portal")
        pages = [
            home.add_child(instance=ContentPage(title=title, slug=title.lower().replace(" ", "-"), show_in_menus=True))
            for title in TITLES
        ]
        page = pages[1]
        for title in ("Migrationsberatung", "Jugendmigrationsdienst", "Sozialberatung"):
            page.add_child(instance=ContentPage(title=title, slug=title.lower(), lead="Hilfe für Sie"))
        links = "".join(
            f'<li><a linktype="page" id="{other.pk}">{other.title}</a></li>' for other in (pages[2], pages[3], pages[6])
        )
        page.lead = "Sie haben eine Frage und wissen nicht, wen Sie fragen können? Wir helfen Ihnen weiter."
        page.body = f"{TEXT}<h2>Mehr dazu</h2><ul>{links}</ul>{TEXT}"
        page.sections = [
            ("section", {"heading": title, "text": RichText(TEXT * 2)})
            for title in ("Wer berät Sie?", "Was kostet es?", "Was bringen Sie mit?", "Wie geht es weiter?")
        ]
        page.save_revision().publish()
        for order, target in enumerate(pages[3:7]):
            FooterLink.objects.create(title=target.title, page=target, order=order)
        Contact.objects.create(
            site=site, name="Integrationsbüro", phone="030 23125-100", email="buero@example.org", address="Am Markt 1\n12345 Musterstadt"
        )  # fmt: skip
