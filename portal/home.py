"""The home page as it is until the staff arrange it otherwise."""

from django.apps import apps as current_apps

USUAL = ("tasks", "notices", "events", "about", "offices", "publications")


def arrange_home(sender=None, using="default", apps=current_apps, **kwargs):
    """After each migration, and after an example that says nothing of the home page."""
    try:
        home_block = apps.get_model("portal", "HomeBlock")
    except LookupError:
        return  # the database stands at a migration from before
    blocks = home_block.objects.using(using)
    if not blocks.exists():
        blocks.bulk_create([home_block(kind=kind, order=10 * place) for place, kind in enumerate(USUAL, start=1)])
