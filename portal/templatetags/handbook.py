from django import template
from django.contrib import admin
from django.urls import reverse

register = template.Library()


@register.simple_tag
def handbook_url(options):
    """The page of the handbook for what is being edited, or its contents. `options`: a model's _meta, or nothing."""
    model_admin = admin.site._registry.get(getattr(options, "model", None))
    slug = getattr(model_admin, "handbook", "")
    return reverse("handbook:page", args=[slug]) if slug else reverse("handbook:contents")
