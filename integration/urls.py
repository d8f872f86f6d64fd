"""What the integration office publishes: the table of contents."""

from django.urls import include, path

urlpatterns = [
    path("wegweiser/", include("integration.wegweiser.urls")),
    path("stellen/", include("integration.offices.urls")),
    path("projekte/", include("integration.projects.urls")),
    path("veroeffentlichungen/", include("integration.publications.urls")),
    path("veranstaltungen/", include("integration.events.urls")),
    path("", include("integration.offices.short_urls")),
    path("", include("integration.wegweiser.hsds.urls")),
]
