from django.urls import path

from portal.on_demand import Views

feeds = Views("integration.events.feeds")
views = Views("integration.events.views")

app_name = "events"
urlpatterns = [
    path("", views.EventList.as_view(), name="list"),
    path("archiv/", views.EventList.as_view(past=True), name="past"),
    path("feed.xml", feeds.feed, name="feed"),
    path("kalender.ics", views.ics_feed, name="calendar"),
    path("<slug:slug>/", views.EventDetail.as_view(), name="detail"),
    path("<slug:slug>.ics", views.ics, name="ics"),
]
