"""The description of this API for programs (OpenAPI 3.1). Its parameters are those of the forms, with their limits."""

from django import forms

from portal.limits.middleware import LONGEST_ADDRESS
from portal.models import SiteProfile

from . import parameters
from .parameters import Flag, Moment

VERSION = "1.0.0"  # of this API; a new one makes every kept answer old
STANDARD = "https://raw.githubusercontent.com/openreferral/specification/3.1/schema/"

DESCRIPTION = """\
The directory of services for newcomers as open data in the words of the Human Services Data Specification (HSDS) 3.1: \
an Open Referral resource, https://openreferral.org/.

There is one root per language (/de/hsds, /en/hsds …) with the same ids; texts that are not translated are in German. \
Everything is read-only and needs no key. Parameters are combined with AND. Keep the ETag and send it as If-None-Match: \
what has not changed is answered with 304 and costs next to nothing. With modified_after ask from a few minutes before \
you last asked: a change counts from when it was made, and is seen a little later.
"""

PAGE = {
    "type": "object",
    "required": ["empty", "contents"],
    "properties": {
        "total_items": {"type": "integer"},
        "total_pages": {"type": "integer"},
        "page_number": {"type": "integer"},
        "size": {"type": "integer", "description": "How many this page has."},
        "first_page": {"type": "boolean"},
        "last_page": {"type": "boolean"},
        "empty": {"type": "boolean"},
        "contents": {"type": "array"},
    },
}
ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {"type": "string", "description": "What is wrong, in English."},
        "parameter": {"type": "string", "description": "Where it is wrong."},
    },
}

# Name, form, the standard's schemas of an item of the list and of one alone, what it is.
COLLECTIONS = (
    ("services", parameters.Services, "compiled/service_list.json", "compiled/service.json", "service"),
    (
        "organizations",
        parameters.Organizations,
        "compiled/organization_list.json",
        "compiled/organization.json",
        "organization that offers a public service",
    ),
    (
        "service_at_locations",
        parameters.ServiceAtLocations,
        "compiled/service_at_location_list.json",
        "compiled/service_at_location.json",
        "service at one of its locations",
    ),
    ("taxonomies", parameters.Taxonomies, "taxonomy.json", "taxonomy.json", "taxonomy"),
    ("taxonomy_terms", parameters.TaxonomyTerms, "taxonomy_term.json", "taxonomy_term.json", "taxonomy term"),
)


def document(profile: SiteProfile, root: str) -> dict:
    owner = {"name": profile.name or profile.title, "email": profile.email, "url": profile.website}
    paths = {
        "/": {"get": simple("The standard's version and where the rest is described", "root", ROOT)},
        "/openapi.json": {"get": simple("This document", "openapi", {"type": "object"})},
        "/profile/": {"get": simple("What this API promises beyond the standard", "profile", {"type": "object"})},
    }
    for name, form, item, one, what in COLLECTIONS:
        paths[f"/{name}"] = {"get": listing(name, form, STANDARD + item, STANDARD + one, what)}
        paths[f"/{name}/{{id}}"] = {"get": single(name, form, STANDARD + one, what)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": profile.title,
            "version": VERSION,
            "description": DESCRIPTION,
            "contact": {key: value for key, value in owner.items() if value},
        },
        "servers": [{"url": root}],
        "paths": paths,
        "components": {
            "schemas": {"Page": PAGE, "Error": ERROR},
            "responses": {
                "NotModified": {"description": "Nothing has changed since the answer with this ETag or date."},
                "BadRequest": error("A parameter cannot be read or is beyond its limits."),
                "NotFound": error("There is nothing public with this id."),
                "TooLong": {
                    "description": f"The address has more than {LONGEST_ADDRESS} characters; in words for people.",
                    "content": {"text/html": {"schema": {"type": "string"}}},
                },
            },
        },
    }


ROOT = {
    "type": "object",
    "properties": {
        "version": {"type": "string"},
        "profile": {"type": "string", "format": "uri"},
        "openapi_url": {"type": "string", "format": "uri"},
    },
}


def json_of(schema: dict) -> dict:
    return {"application/json": {"schema": schema}}


def error(description: str) -> dict:
    return {"description": description, "content": json_of({"$ref": "#/components/schemas/Error"})}


def simple(summary: str, id: str, schema: dict) -> dict:
    answer = {"description": summary, "content": json_of(schema)}
    responses = {"200": answer, "414": {"$ref": "#/components/responses/TooLong"}}
    return {"summary": summary, "operationId": id, "responses": responses}


def listing(name: str, form: type[forms.Form], item: str, one: str, what: str) -> dict:
    # With `full` an item is what it is alone.
    items = {"anyOf": [{"$ref": item}, {"$ref": one}]} if item != one else {"$ref": item}
    if "minimal" in form.base_fields:
        items["anyOf"].append({"type": "object", "required": ["id", "last_modified"]})
    contents = {"type": "object", "properties": {"contents": {"type": "array", "items": items}}}
    page = {"allOf": [{"$ref": "#/components/schemas/Page"}, contents]}
    lines = {"application/x-ndjson": {"schema": {"type": "string", "description": "One item to a line."}}}
    return {
        "summary": f"List: each {what}",
        "operationId": name,
        "parameters": [parameter(name, field) for name, field in form.base_fields.items()],
        "responses": {
            "200": {"description": "A page of them.", "content": json_of(page) | lines},
            "304": {"$ref": "#/components/responses/NotModified"},
            "400": {"$ref": "#/components/responses/BadRequest"},
            "414": {"$ref": "#/components/responses/TooLong"},
        },
    }


def single(name: str, form: type[forms.Form], one: str, what: str) -> dict:
    id = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
    choice = [parameter(key, form.base_fields[key]) for key in ("full_service",) if key in form.base_fields]
    return {
        "summary": f"One {what}, in full",
        "operationId": f"{name}_one",
        "parameters": [id, *choice],
        "responses": {
            "200": {"description": f"The {what}.", "content": json_of({"$ref": one})},
            "304": {"$ref": "#/components/responses/NotModified"},
            "400": {"$ref": "#/components/responses/BadRequest"},
            "404": {"$ref": "#/components/responses/NotFound"},
            "414": {"$ref": "#/components/responses/TooLong"},
        },
    }


def parameter(name: str, field: forms.Field) -> dict:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": field.help_text,
        "schema": schema(name, field),
    }


DEFAULTS = {"page": 1, "per_page": parameters.PER_PAGE, "format": "json"}


def schema(name: str, field: forms.Field) -> dict:
    default = {"default": DEFAULTS[name]} if name in DEFAULTS else {}
    match field:
        case Flag():
            return {"type": "boolean", "default": False}
        case Moment():
            date, moment = ({"type": "string", "format": name} for name in ("date", "date-time"))
            return {"anyOf": [date, moment]}
        case forms.UUIDField():
            return {"type": "string", "format": "uuid"}
        case forms.ChoiceField():
            return {"type": "string", "enum": [value for value, _label in field.choices], **default}
        case forms.IntegerField():
            limits = {"minimum": field.min_value, "maximum": field.max_value}
            return {"type": "integer", **{key: limit for key, limit in limits.items() if limit is not None}, **default}
        case _:
            return {"type": "string", **({"maxLength": field.max_length} if field.max_length else {})}
