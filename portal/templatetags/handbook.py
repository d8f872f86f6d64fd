from django import template
from django.contrib import admin
from django.urls import reverse

register = template.Library()


@register.simple_tag(takes_context=True)
def handbook_url(context, options):
    """The page of the handbook for what is being edited, or its contents. `options`: a model's _meta, or nothing.

    A view that is no model's list or form may name its page: `handbook` in its context.
    """
    model_admin = admin.site._registry.get(getattr(options, "model", None))
    slug = context.get("handbook") or getattr(model_admin, "handbook", "")
    return reverse("handbook:page", args=[slug]) if slug else reverse("handbook:contents")
