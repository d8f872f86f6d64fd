from django.contrib import admin
from django.core.management import get_commands
from django.utils import timezone
from django.utils.formats import date_format

from . import jobs, state
from .models import Job


@admin.register(Job)
class JobAdmin(admin.ModelAdmin):
    """To look at: the timer writes here."""

    handbook = "zeitgeber"
    list_display = ("words", "when", "last", "state", "to_do")
    actions = None
    fields = ("words", "name", "when", "started", "succeeded", "seconds", "failed", "state", "to_do")

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def get_queryset(self, request):
        return super().get_queryset(request).filter(name__in=get_commands())  # what an update has left out

    def get_object(self, request, object_id, from_field=None):
        """Whatever an address names, the database is asked for commands only: PostgreSQL refuses to look for a NUL."""
        return super().get_object(request, object_id, from_field) if object_id in get_commands() else None

    def changelist_view(self, request, extra_context=None):
        if self.has_view_permission(request) and (
            wrong := state.what_is_wrong(list(Job.objects.all()), timezone.now())
        ):
            self.message_user(request, f"{wrong}. Bitte sagen Sie es der Technik.", "ERROR")
        return super().changelist_view(request, extra_context)

    @admin.display(description="Aufgabe", ordering="name")
    def words(self, job):
        return jobs.words(job.name)

    @admin.display(description="Wann")
    def when(self, job):
        if job.name not in jobs.names():
            return "von außen"
        return "jeden Tag" if jobs.is_daily(job.name) else "jede Minute"

    @admin.display(description="Zuletzt gelungen", ordering="succeeded")
    def last(self, job):
        return at(job.succeeded) if job.succeeded else "noch nie"

    @admin.display(description="Stand")
    def state(self, job):
        if job.running_since:
            return f"läuft seit {at(job.running_since)}"
        if job.failures:
            times = f", {job.failures}-mal nacheinander" if job.failures > 1 else ""
            return f"gescheitert am {at(job.failed)}{times}: {job.error}"
        return "in Ordnung"

    @admin.display(description="Was zu tun ist", empty_value="nichts")
    def to_do(self, job):
        if not job.failures:
            return None
        if jobs.is_daily(job.name) and job.failures < 4:
            return f"abwarten: Der nächste Versuch ist am {at(job.failed + job.pause())}"
        return "der Technik sagen, mit dem Wortlaut unter „Stand“"


def at(moment) -> str:
    return f"{date_format(timezone.localtime(moment), 'j.n.Y H:i')} Uhr"
