"""Every page staff work on. The models are those registered: a new one is looked at without being named here."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from integration.offices.models import Office
from integration.publications.models import Publication
from portal.admin import ContentAdmin, SingletonAdmin
from portal.models import Page
from tests.accessibility.conftest import DARK, DESKTOP, LIGHT

# Rows with everything that belongs to such a row; of other models the first one is as good as any.
RICH = {
    Office: {"slug": "koordinierungsstelle"},
    Page: {"slug": "notfall"},
    Publication: {"slug": "willkommen-in-musterland"},
}


def row(model):
    return model.objects.filter(**RICH.get(model, {})).first()


def url(model, name, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


@pytest.fixture
def office(portal):
    """The portal with somebody logged in who may do everything."""
    client = Client()
    client.force_login(User.objects.get(username="verwaltung"))
    cookie = client.cookies["sessionid"]
    portal.context.add_cookies([{"name": "sessionid", "value": cookie.value, "domain": "localhost", "path": "/admin/"}])
    return portal


def unfold(page):
    page.locator("main details").evaluate_all("all => all.forEach((details) => { details.open = true })")


def send(page):
    with page.expect_navigation():
        page.locator("main form").last.evaluate(
            "form => { form.noValidate = true; form.requestSubmit() }"
        )


def spoil(page):
    """Writes into each field what no field of its kind takes; what takes everything is left empty."""
    page.locator("#content-main form").evaluate(
        """form => {
            for (const field of form.elements) {
              if (field.type === "hidden" || field.type === "file" || field.closest(".empty-form")) continue;
              if (field.matches(".vDateField, .vTimeField, [type=email], [type=url], [name=slug]")) field.value = "ä ö";
              else if (field.required || field.matches("[name$=_de]")) field.value = "";
            }
        }"""
    )


STATES = {
    "changelist": lambda page, model: page.goto(page.base + url(model, "changelist")),
    "add": lambda page, model: page.goto(page.base + url(model, "add")),
    "change": lambda page, model: page.goto(page.base + url(model, "change", row(model).pk)),
    "errors": None,
    "delete": lambda page, model: page.goto(page.base + url(model, "delete", row(model).pk)),
    "history": lambda page, model: page.goto(page.base + url(model, "history", row(model).pk)),
    "preview": lambda page, model: page.goto(page.base + url(model, "preview", row(model).pk, "de")),
}


def possible(model, model_admin, state, request):
    """What the admin offers for this model."""
    single = isinstance(model_admin, SingletonAdmin)
    return {
        "changelist": not single,
        "add": not single and model_admin.has_add_permission(request),
        "errors": model_admin.has_change_permission(request),
        "delete": model_admin.has_delete_permission(request),
        "preview": isinstance(model_admin, ContentAdmin),
    }.get(state, True)


class Request:
    """As much of a request as permissions ask for."""

    def __init__(self, user):
        self.user = user


CASES = [
    pytest.param(model, state, id=f"{model._meta.model_name}-{state}") for model in admin.site._registry for state in STATES
]


@pytest.mark.parametrize(("model", "state"), CASES)
def test_model(office, inspect, model, state):
    everybody = Request(User(is_active=True, is_staff=True, is_superuser=True))
    if not possible(model, admin.site._registry[model], state, everybody):
        pytest.skip("The admin does not offer that.")
    page = office
    if state == "errors":
        STATES["change"](page, model)
        spoil(page)
        send(page)
        assert page.locator(".errornote").count() == 1
    else:
        STATES[state](page, model)
    unfold(page)
    assert page.document.status == 200
    inspect([DESKTOP], [LIGHT, DARK])
