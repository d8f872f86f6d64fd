import json
import time
from collections.abc import Iterable
from hashlib import sha256
from uuid import UUID

from django.core.cache import cache
from django.core.paginator import Paginator
from django.db.models import Count, Max, Prefetch
from django.http import HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import get_conditional_response
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.http import http_date
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from ..models import DirectoryVersion, Location, Service
from . import export, openapi, parameters
from .profile import PROFILE

ALL = 1_000_000  # on a page


class Refusal(Exception):
    def __init__(self, status: int, error: str, parameter: str = ""):
        self.status = status
        self.content = {"error": error, "parameter": parameter} if parameter else {"error": error}


def write(content) -> str:
    return json.dumps(content, ensure_ascii=False)


@method_decorator(csrf_exempt, name="dispatch")  # whoever sends something is told in JSON that there is nothing to send
class Open(View):
    """Something any site may read. Errors are JSON too, and nothing here sets or reads a cookie."""

    http_method_names = ("get", "head", "options")

    def dispatch(self, request, *args, **kwargs):
        try:
            response = super().dispatch(request, *args, **kwargs)
        except Refusal as refusal:
            response = JsonResponse(refusal.content, status=refusal.status)
            response["Content-Language"] = "en"
        response["Access-Control-Allow-Origin"] = "*"
        response["Access-Control-Expose-Headers"] = "ETag"
        response["Cross-Origin-Resource-Policy"] = "cross-origin"
        return response

    def options(self, request, *args, **kwargs):
        response = super().options(request, *args, **kwargs)
        response["Access-Control-Allow-Methods"] = response["Allow"]
        response["Access-Control-Allow-Headers"] = "*"
        response["Access-Control-Max-Age"] = "86400"
        return response

    def http_method_not_allowed(self, request, *args, **kwargs):
        response = JsonResponse({"error": "This is for reading: GET, HEAD, OPTIONS."}, status=405)
        response["Allow"] = "GET, HEAD, OPTIONS"
        response["Content-Language"] = "en"
        return response

    def url(self, name: str) -> str:
        return self.request.build_absolute_uri(reverse(f"hsds:{name}"))


class Root(Open):
    def get(self, request):
        answer = {"version": "3.1", "profile": self.url("profile"), "openapi_url": self.url("openapi")}
        return JsonResponse(answer)


class Profile(Open):
    def get(self, request):
        return JsonResponse(PROFILE, headers={"Content-Language": "en"})


class OpenAPI(Open):
    def get(self, request):
        document = openapi.document(request.shell[0], self.url("root").rstrip("/"))
        return JsonResponse(document, headers={"Content-Language": "en"})


class Missing(Open):
    def get(self, request):
        raise Refusal(404, "There is no such endpoint; the OpenAPI document names them all.")


class Collection(Open):
    """A list, and with an id one of its items."""

    parameters: type[parameters.Parameters]

    def fetched(self, rows, wanted: dict):
        """The rows with what their records are made of."""
        return rows

    def item(self, row, wanted: dict) -> export.Record:
        raise NotImplementedError

    def find(self, rows, id: UUID):
        return rows.filter(uuid=id).first()

    def get(self, request, id: str | None = None):
        wanted = self.read(id)
        unchanged, headers = None, {"Cache-Control": "no-cache"}
        if not wanted.cleaned_data["search"]:  # what the search finds changes with all of the site
            tag, changed = validators(request)
            headers |= {"ETag": tag, "Last-Modified": http_date(changed)}
            unchanged = get_conditional_response(request, tag, changed)
        response = unchanged or self.answer(wanted, id)
        for name, value in headers.items():
            response[name] = value
        return response

    def read(self, id: str | None) -> parameters.Parameters:
        """What is asked for. One item always comes in full."""
        one = {"full": "true", "full_service": self.request.GET.get("full_service", "")}
        form = self.parameters(self.request.GET if id is None else one)
        with translation.override("en"):
            errors = form.errors.get_json_data()
        for name, messages in errors.items():
            raise Refusal(400, messages[0]["message"], name)
        return form

    def answer(self, form: parameters.Parameters, id: str | None) -> HttpResponse:
        wanted = form.cleaned_data
        rows = self.fetched(form.rows(), wanted)
        if id is not None:
            return self.one(rows, id, wanted)
        if wanted["format"] == "ndjson":
            lines = (f"{write(self.item(row, wanted))}\n" for row in rows)
            return HttpResponse("".join(lines), content_type="application/x-ndjson")
        per_page = ALL if wanted.get("minimal") else parameters.PER_PAGE
        paginator = Paginator(rows, wanted["per_page"] or per_page)
        return self.page(paginator, wanted["page"] or 1, wanted)

    def one(self, rows, id: str, wanted: dict) -> HttpResponse:
        try:
            row = self.find(rows, UUID(id))
        except ValueError:
            row = None
        if row is None:
            raise Refusal(404, "There is nothing public with this id.")
        return self.json(self.item(row, wanted))

    def page(self, paginator: Paginator, number: int, wanted: dict) -> HttpResponse:
        rows: Iterable = paginator.page(number) if number <= paginator.num_pages else ()
        contents = [self.item(row, wanted) for row in rows]
        return self.json(
            {
                "total_items": paginator.count,
                "total_pages": paginator.num_pages,
                "page_number": number,
                "size": len(contents),
                "first_page": number == 1,
                "last_page": number >= paginator.num_pages,
                "empty": not contents,
                "contents": contents,
            }
        )

    def json(self, content) -> HttpResponse:
        return HttpResponse(write(content), content_type="application/json")

    @cached_property
    def export(self) -> export.Export:
        return export.Export(self.request.shell[0])


class Services(Collection):
    parameters = parameters.Services

    def fetched(self, rows, wanted):
        return rows if wanted["minimal"] else export.for_services(rows, wanted["full"])

    def item(self, row, wanted):
        return self.export.minimal(row) if wanted["minimal"] else self.export.service(row, wanted["full"])


class Organizations(Collection):
    parameters = parameters.Organizations

    def fetched(self, rows, wanted):
        if wanted["full"] or wanted["full_service"]:
            return export.for_organizations(rows, wanted["full_service"])
        return export.with_parent(rows)

    def item(self, row, wanted):
        if wanted["full"] or wanted["full_service"]:
            return self.export.organization_with_services(row, wanted["full_service"])
        return self.export.organization(row)


class ServiceAtLocations(Collection):
    parameters = parameters.ServiceAtLocations

    def fetched(self, rows, wanted):
        full = wanted["full"]
        services = export.for_services(Service.objects, full, places=False)
        if full:
            return export.for_places(rows).prefetch_related(Prefetch("service", services))
        locations = export.with_owner(Location.objects.select_related("municipality"))
        return rows.prefetch_related(Prefetch("service", services), Prefetch("location", locations))

    def item(self, row, wanted):
        return self.export.place_with_service(row, wanted["full"])


class Taxonomies(Collection):
    parameters = parameters.Taxonomies

    def find(self, rows, id):
        return next((row for row in rows if export.taxonomy_id(row) == id), None)

    def item(self, row, wanted):
        return export.taxonomy(row)


class TaxonomyTerms(Collection):
    parameters = parameters.TaxonomyTerms

    def fetched(self, rows, wanted):
        return rows.select_related("parent")

    def item(self, row, wanted):
        return export.taxonomy_term(row, detail=True)


def validators(request) -> tuple[str, int]:
    """ETag and Last-Modified of an answer, for two small queries.

    The version changes with every save. Entries also appear and go when their time has come, which the newest
    beginning and the number of entries tell; and at midnight hints and exceptions are over.
    """
    version = DirectoryVersion.objects.values_list("token", flat=True).first()
    public = Service.objects.published().aggregate(Count("pk"), Max("publish_from"))
    state = f"{openapi.VERSION} {version} {public} {timezone.localdate()}"
    tag = sha256(f"{state} {request.build_absolute_uri()}".encode()).hexdigest()[:32]
    return f'W/"{tag}"', first_seen(state)


def first_seen(state: str) -> int:
    """Nobody notes when an entry was deleted or its time ran out. We were not there: it is new since we first saw it."""
    now = int(time.time())
    try:
        seen_state, seen_at = cache.get("hsds-seen", ("", 0))
        if seen_state != state:
            seen_at = max(now, seen_at + 1)
            cache.set("hsds-seen", (state, seen_at), timeout=None)
    except Exception:  # whatever the cache's library calls its being down; who asks by date gets everything again
        return now
    return seen_at
