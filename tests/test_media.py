"""Pictures: what of an upload is handed out, to whom, under which address, and with which words."""

import re
import struct
import zlib
from datetime import timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import IntegrityError, connection, models
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image, ImageCms
from reversion.models import Revision, Version

from integration.events.models import Event
from integration.offices.models import Office
from integration.projects.models import Project
from portal import pictures
from portal.files import UploadField
from portal.media.models import Picture
from portal.models import Page, SiteProfile
from portal.versions.management.commands import forget_versions
from tests import factories
from tests.conftest import form_data

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _site(site):
    pass


def written(image, name, **options):
    file = BytesIO()
    image.save(file, name, **options)
    return file.getvalue()


def half(content):
    return content[: len(content) // 2]


def photo(width=300, height=200):
    """Every pixel another colour, red on the left and black on the right."""
    image = Image.new("RGB", (width, height))
    image.putdata([(255 - 255 * x // width, y % 256, 128) for y in range(height) for x in range(width)])
    return image


def with_gps():
    exif = Image.Exif()
    exif[0x010E] = "Geheime Beschreibung"
    exif[0x0112] = 6  # lies on its side
    exif.get_ifd(0x8825)[1], exif.get_ifd(0x8825)[2] = "N", (53.0, 12.0, 30.0)
    return exif


def body(response):
    return b"".join(response)


def queries(client, path):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


def send(client, path, **values):
    return client.post(path, {**form_data(client.get(path).content.decode()), **values})


# Drawn anew -----------------------------------------------------------------------------------------


def test_no_model_of_ours_stores_a_file_as_it_was_sent():
    for model in apps.get_models():
        if model._meta.app_config.name.split(".")[0] in {"portal", "integration", "lotsen"}:
            for field in model._meta.concrete_fields:
                assert not isinstance(field, models.FileField) or isinstance(field, UploadField), field


def uploads():
    """Every field that takes pictures: how a picture gets there, and where it is handed out."""

    def logo(content):
        profile = SiteProfile.current()
        profile.logo, profile.logo_decorative = ContentFile(content, "bild.jpg"), True
        profile.save()
        return "/logo"

    def diagram(content):
        row = factories.make_diagram(factories.make_office())
        row.image = ContentFile(content, "bild.jpg")
        row.save()
        return row.get_image_url()

    def publication(content):
        row = factories.make_file(factories.make_publication(), content=content, name="bild.jpeg")
        assert row.size == row.file.size
        return row.get_absolute_url()

    def picture(content):
        row = factories.make_picture(file=ContentFile(content, "bild.jpg"))
        factories.make_page(picture=row)
        return row.sizes()[-1].url

    return [logo, diagram, publication, picture]


@pytest.mark.parametrize("upload", uploads(), ids=lambda upload: upload.__name__)
def test_place_and_time_of_a_photo_are_gone_and_it_stands_upright(client, upload):
    sent = written(photo(), "JPEG", exif=with_gps(), comment=b"Geheimer Kommentar", quality=95)
    assert b"Geheim" in sent
    served = body(client.get(upload(sent)))
    assert b"Geheim" not in served
    assert b"Exif" not in served
    image = Image.open(BytesIO(served))
    assert image.size == (200, 300)
    assert not image.getexif()
    assert "comment" not in image.info
    red = [image.convert("RGB").getpixel((100, y))[0] for y in (5, 294)]
    assert red[0] > 200
    assert red[1] < 60


HIDDEN = {
    "html": b"<html><script>alert(1)</script>",
    "php": b"<?php system('id');",
}


@pytest.mark.parametrize("kind", ["jpg", "png", "webp"])
def test_what_hides_behind_or_within_a_picture_is_not_handed_out(kind):
    archive = BytesIO()
    with ZipFile(archive, "w") as file:
        file.writestr("versteckt.txt", "versteckt")
    png = written(factories_image(), "PNG", pnginfo=text_in_png())
    sent = {
        "jpg": written(photo(), "JPEG", comment=HIDDEN["html"]),
        "png": png,
        "webp": written(photo(), "WEBP", xmp=HIDDEN["html"]),
    }[kind]
    assert HIDDEN["html"] in sent
    clean = pictures.redrawn(ContentFile(sent + HIDDEN["php"] + archive.getvalue(), f"bild.{kind}"), kind).read()
    for hidden in (*HIDDEN.values(), b"versteckt", b"PK\x03\x04"):
        assert hidden not in clean


def factories_image():
    return Image.new("RGB", (20, 20), "navy")


def text_in_png():
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("Comment", HIDDEN["html"].decode())
    return info


def huge_png():
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(bytes(100_000)))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("bild.png", huge_png(), "zu viele Bildpunkte"),
        ("bild.jpg", half(written(photo(), "JPEG")), "beschädigt"),
        ("bild.png", half(written(photo(), "PNG")), "beschädigt"),
        ("bild.webp", half(written(photo(), "WEBP")), "beschädigt"),
        ("bild.gif", written(photo().quantize(16), "GIF"), "gif"),
        ("bild.png", written(photo().quantize(16), "GIF"), "etwas anderes"),
        ("bild.png", written(photo(900, 200), "PNG"), "zuschneiden"),
    ],
    ids=["bomb", "cut jpeg", "cut png", "cut webp", "gif", "gif as png", "strip"],
)  # fmt: skip
def test_what_cannot_be_drawn_is_refused_in_words_and_the_form_stays(editor, name, content, says):
    values = {"name": "Kreishaus", "alt_de": "Das Kreishaus", "credit": "Foto: Amt"}
    response = send(editor, "/admin/media/picture/add/", file=SimpleUploadedFile(name, content), **values)
    html = response.content.decode()
    assert response.status_code == 200
    assert says in html
    assert "Das Kreishaus" in html
    assert not Picture.objects.exists()


def test_a_broken_picture_is_refused_on_every_way_in():
    with pytest.raises(ValidationError):
        factories.make_picture(file=ContentFile(half(written(photo(), "JPEG")), "bild.jpg"))


SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize(
    ("name", "content", "ending", "mode"),
    [
        ("jpg", written(photo(), "JPEG"), "jpg", "RGB"),
        ("jpeg", written(photo().convert("CMYK"), "JPEG"), "jpg", "RGB"),
        ("jpg", written(photo(), "JPEG", icc_profile=SRGB), "jpg", "RGB"),
        ("jpg", written(photo(), "JPEG", icc_profile=b"kaputt" * 500), "jpg", "RGB"),
        ("jpg", written(photo().convert("L"), "JPEG"), "jpg", "L"),
        ("png", written(photo(), "PNG"), "jpg", "RGB"),
        ("png", written(photo().convert("RGBA").rotate(20), "PNG"), "webp", "RGBA"),
        ("png", written(Image.new("I;16", (40, 40), 40_000), "PNG"), "png", "L"),
        ("png", written(Image.new("RGBA", (40, 40), (200, 0, 0, 90)), "PNG"), "png", "RGBA"),
        ("png", written(photo().quantize(40), "PNG", transparency=0), "png", "P"),
        ("png", written(Image.new("1", (40, 40), 1), "PNG"), "png", "L"),
        ("webp", written(photo(), "WEBP"), "webp", "RGB"),
        ("webp", written(photo(), "WEBP", save_all=True, append_images=[photo().rotate(90)]), "webp", "RGB"),
        ("png", written(photo().quantize(40), "PNG", save_all=True, append_images=[photo().quantize(40).rotate(90)]), "png", "P"),
    ],
    ids=["jpeg", "cmyk", "profile", "broken profile", "grey", "photo as png", "transparent photo", "16 bits", "drawing",
         "palette", "one bit", "webp", "animated webp", "animated png"],
)  # fmt: skip
def test_pictures_of_every_kind_are_drawn_anew(name, content, ending, mode):
    before = Image.open(BytesIO(content))
    file = pictures.redrawn(ContentFile(content, f"bild.{name}"), name)
    image = Image.open(file)
    assert (file.name, image.mode, image.size) == (f"bild.{ending}", mode, before.size)
    assert getattr(image, "n_frames", 1) == 1
    assert "icc_profile" not in image.info
    if before.mode == "I;16":
        assert abs(image.getpixel((0, 0)) - 40_000 / 256) < 2
    elif mode == "RGBA":
        assert [abs(a - b) < 30 for a, b in zip(image.getpixel((20, 20)), before.getpixel((20, 20)), strict=True)]
        assert image.getextrema()[3] == before.getextrema()[3]
    elif "transparency" in before.info:
        assert image.has_transparency_data
    elif before.mode == "RGB":
        difference = [abs(a - b) for a, b in zip(image.getpixel((20, 100)), before.getpixel((20, 100)), strict=True)]
        assert max(difference) < 40


def test_what_is_larger_than_any_page_is_made_smaller():
    image = Image.open(
        pictures.redrawn(ContentFile(written(photo(300, 200).resize((3000, 2000)), "JPEG"), "a.jpg"), "jpg")
    )
    assert image.size == (2400, 1600)


def test_saving_again_draws_nothing_again(monkeypatch):
    picture = factories.make_picture(file=ContentFile(written(photo(), "JPEG"), "bild.jpg"))
    office = factories.make_office()
    diagram = factories.make_diagram(office)
    names = picture.file.name, diagram.image.name
    monkeypatch.setattr(pictures, "_written", lambda *args, **options: pytest.fail("drawn again"))
    for row in (Picture.objects.get(), office.diagrams.get()):
        row.full_clean()
        row.save()
    assert (Picture.objects.get().file.name, office.diagrams.get().image.name) == names


def test_a_picture_in_a_form_is_drawn_once(editor, monkeypatch):
    drawn = []
    plain = pictures._plain
    monkeypatch.setattr(pictures, "_plain", lambda image: drawn.append(image.size) or plain(image))
    send(
        editor,
        "/admin/media/picture/add/",
        file=SimpleUploadedFile("bild.jpg", written(photo(), "JPEG", exif=with_gps())),
        name="Kreishaus",
        alt_de="Das Kreishaus",
        credit="Foto: Amt",
    )
    assert drawn == [(300, 200)]
    picture = Picture.objects.get()
    assert (picture.slug, picture.width, picture.height) == ("kreishaus", 200, 300)


def test_documents_stay_as_they_are(client):
    file = factories.make_file(factories.make_publication())
    assert body(client.get(file.get_absolute_url())) == factories.PDF


# In public ------------------------------------------------------------------------------------------


def rows_with(picture, **fields):
    fields = {"picture": picture, **fields}
    return [
        factories.make_page(**fields),
        factories.make_office(**fields),
        factories.make_project(**fields),
        factories.make_event(**fields),
    ]


def test_pages_offices_projects_and_events_show_a_picture_that_does_not_jump(client):
    picture = factories.make_picture(
        file=ContentFile(written(photo(1200, 800), "JPEG"), "a.jpg"), name="Haus", alt_de="Ein Haus & Hof"
    )
    for row in rows_with(picture):
        html = client.get(row.get_absolute_url()).content.decode()
        tag = re.search(r"<img [^>]*bilder[^>]*>", html)[0]
        assert 'width="960" height="640"' in tag
        assert 'alt="Ein Haus &amp; Hof"' in tag
        assert "lazy" not in tag
        assert "Foto: Testland" in html
        found = re.findall(r"(/bilder/haus-\d+\.webp\?\w+) (\d+)w", tag)
        assert [width for _url, width in found] == ["480", "960", "1200"]
        for url, width in found:
            response = client.get(url)
            assert response["Content-Type"] == "image/webp"
            assert "immutable" in response["Cache-Control"]
            assert Image.open(BytesIO(body(response))).width == int(width)


def test_a_picture_is_public_only_while_something_published_shows_it(client):
    picture = factories.make_picture()
    url = picture.sizes()[0].url
    assert client.get(url).status_code == 404
    for row in rows_with(picture, status="draft"):
        assert client.get(url).status_code == 404
        type(row).objects.update(status="published")
        assert client.get(url).status_code == 200
        type(row).objects.update(publish_from="2999-01-01T12:00:00Z")
        assert client.get(url).status_code == 404
    for wrong in (
        "/bilder/x-480.webp",
        url.replace("480", "481"),
        url.replace("-480", ""),
        f"/bilder/{'9' * 400}-9.webp",
    ):
        assert client.get(wrong).status_code == 404, wrong


def test_a_draft_with_its_picture_can_be_previewed_by_staff(editor):
    office = factories.make_office(status="draft", picture=factories.make_picture())
    html = editor.get(f"/admin/offices/office/{office.pk}/vorschau/ar/").content.decode()
    url = re.search(r'<img src="(/admin/dateien/picture/[^"]+)"', html)[1]
    assert editor.get(url)["Cache-Control"] == "private, no-store"
    editor.logout()
    assert editor.get(url).status_code == 302


def test_a_replaced_file_keeps_the_address_and_goes_with_the_last_version_of_it(
    editor, tmp_path, monkeypatch, django_capture_on_commit_callbacks
):
    picture = factories.make_picture(file=ContentFile(written(photo(1200, 800), "JPEG"), "a.jpg"), name="Haus")
    page = factories.make_page(picture=picture)
    old = {path.name for path in tmp_path.rglob("picture/*")}
    assert len(old) == 4
    new = SimpleUploadedFile("neu.png", written(Image.new("RGB", (300, 300), "green"), "PNG"))
    with django_capture_on_commit_callbacks(execute=True):
        response = send(editor, f"/admin/media/picture/{picture.pk}/change/", file=new, name="Anderer Name")
    assert response.status_code == 302
    left = {path.name for path in tmp_path.rglob("picture/*")}
    assert len(left - old) == 2
    assert old < left  # an earlier version shows it, in all its sizes
    for width in (480, 960, 1600):  # the large sizes too, which the new one does not have
        response = editor.get(f"/bilder/haus-{width}.webp?{old.pop()[:8]}")
        assert "immutable" not in response["Cache-Control"]
        assert Image.open(BytesIO(body(response))).size == (300, 300)
    assert "haus-480.webp" in editor.get(page.get_absolute_url()).content.decode()
    first = Version.objects.get_for_object(picture).order_by("pk").first()
    url = f"/admin/media/picture/{picture.pk}/versionen/{first.revision_id}/"
    editor.post(url, form_data(editor.get(url).content.decode()))
    for width in (480, 960, 1600):  # brought back with all its sizes
        assert Image.open(BytesIO(body(editor.get(f"/bilder/haus-{width}.webp")))).width == min(width, 1200)
    page.delete()
    with django_capture_on_commit_callbacks(execute=True):
        picture.refresh_from_db()
        picture.delete()
    assert old < {path.name for path in tmp_path.rglob("picture/*")}
    monkeypatch.setattr(forget_versions, "AT_LEAST", 0)
    Revision.objects.update(date_created=timezone.now() - timedelta(days=800))
    call_command("forget_versions")
    assert list(tmp_path.rglob("picture/*")) == []


def test_the_address_of_a_diagram_survives_another_file(editor):
    office = factories.make_office()
    diagram = factories.make_diagram(office)
    url = diagram.get_image_url()
    assert editor.get(url)["Content-Type"] == "image/png"
    new = SimpleUploadedFile("neu.jpg", written(photo(), "JPEG"))
    assert send(editor, f"/admin/offices/office/{office.pk}/change/", **{"diagrams-0-image": new}).status_code == 302
    assert office.diagrams.get().get_image_url() == url
    assert editor.get(url)["Content-Type"] == "image/jpeg"


def test_the_address_of_a_document_leads_to_the_picture_that_replaced_it(client):
    file = factories.make_file(factories.make_publication())
    url = file.get_absolute_url()
    file.file = ContentFile(factories.png(), "plakat.png")
    file.save()
    assert client.get(url).headers["Location"] == file.get_absolute_url() != url


# In words -------------------------------------------------------------------------------------------


def test_the_words_are_in_the_readers_language_or_marked_german(client):
    picture = factories.make_picture(alt_de="Ein Haus", alt_ar="بيت")
    url = factories.make_page(picture=picture).get_absolute_url()
    assert 'alt="بيت">' in client.get(url.replace("/de/", "/ar/")).content.decode()
    assert 'alt="Ein Haus" lang="de" dir="ltr">' in client.get(url.replace("/de/", "/uk/")).content.decode()
    Picture.objects.update(decorative=True, **{f.name: None for f in Picture._meta.fields if f.name.startswith("alt_")})
    assert 'alt="">' in client.get(url.replace("/de/", "/uk/")).content.decode()


def test_a_picture_without_words_is_refused_unless_it_is_decorative(editor):
    values = {"name": "Haus", "credit": "Foto: Amt"}

    def add(**more):
        return send(
            editor, "/admin/media/picture/add/", file=SimpleUploadedFile("a.png", factories.png()), **values, **more
        )

    assert "braucht es in Worten" in add().content.decode()
    assert "Beides zugleich geht nicht" in add(alt_ar="بيت", decorative="on").content.decode()
    assert add(decorative="on").status_code == 302
    with pytest.raises(IntegrityError, match="in_words"):
        factories.make_picture(alt_de="")


# In the admin ---------------------------------------------------------------------------------------


def test_a_picture_says_where_it_is_used_and_cannot_be_deleted_there(editor):
    picture = factories.make_picture()
    unused = factories.make_picture(name="Übrig")
    rows = rows_with(picture, status="draft")
    path = f"/admin/media/picture/{picture.pk}"
    for html in (
        editor.get(f"{path}/change/").content.decode(),
        editor.post(f"{path}/delete/", {"post": "yes"}).content.decode(),
        editor.post(
            "/admin/media/picture/",
            {"action": "delete_selected", "_selected_action": [picture.pk, unused.pk], "post": "yes"},
        ).content.decode(),
    ):
        for row in rows:
            link = rf'<a href=["\']/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/change/["\']>{row}</a>'
            assert re.search(link, html), row
    assert "Nichts wurde gelöscht" in html
    assert Picture.objects.count() == 2
    editor.post(f"/admin/media/picture/{unused.pk}/delete/", {"post": "yes"})
    assert list(Picture.objects.all()) == [picture]


def test_the_list_shows_small_pictures_and_finds_what_is_not_used(editor):
    used = factories.make_picture(name="Gebraucht")
    factories.make_picture(name="Übrig")
    rows_with(used)
    html = editor.get("/admin/media/picture/").content.decode()
    assert "4-mal" in html
    assert "nirgends" in html
    image = re.search(r'<img src="(/admin/dateien/picture/[^"]+)" width="\d+" height="\d+" alt=""', html)[1]
    assert editor.get(image)["Content-Type"] == "image/webp"
    assert "style=" not in html.split('id="result_list"')[1].split("</table>")[0]
    for value, shown, hidden in (("ja", "Gebraucht", "Übrig"), ("nein", "Übrig", "Gebraucht")):
        html = editor.get(f"/admin/media/picture/?verwendet={value}").content.decode()
        assert shown in html
        assert hidden not in html


def test_a_picture_is_chosen_by_name(editor):
    picture = factories.make_picture(name="Kreishaus von vorn")
    for model in (Page, Office, Project, Event):
        app, name = model._meta.app_label, model._meta.model_name
        path = f"/admin/autocomplete/?app_label={app}&model_name={name}&field_name=picture&term=vorn"
        assert [found["id"] for found in editor.get(path).json()["results"]] == [str(picture.pk)]
    page = factories.make_page()
    send(editor, f"/admin/portal/page/{page.pk}/change/", picture=picture.pk)
    page.refresh_from_db()
    assert page.picture == picture


def test_the_list_the_form_and_the_page_ask_as_many_queries_for_100_as_for_10(editor):
    picture = factories.make_picture()
    page = factories.make_page(picture=picture)
    paths = ("/admin/media/picture/", f"/admin/media/picture/{picture.pk}/change/", page.get_absolute_url(),
             "/de/stellen/", "/de/projekte/", "/de/veranstaltungen/", picture.sizes()[0].url)  # fmt: skip

    def add(number):
        # Copies of rows: what has to be asked for is the same, and nothing has to be drawn.
        Picture.objects.bulk_create(
            Picture(slug=f"b-{i}-{number}", name="B", alt_de="B", file=picture.file.name, width=4, height=4, credit="C")
            for i in range(number)
        )
        for _ in range(number // 2):
            rows_with(picture)

    add(10)
    for path in paths:
        editor.get(path)  # once for what is remembered
    few = [queries(editor, path) for path in paths]
    add(90)
    assert [queries(editor, path) for path in paths] == few
    assert few[2] <= 12
