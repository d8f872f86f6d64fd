from django.urls import path

from portal.on_demand import Views

feeds = Views("integration.publications.feeds")
views = Views("integration.publications.views")

app_name = "publications"
urlpatterns = [
    path("", views.PublicationList.as_view(), name="list"),
    path("feed.xml", feeds.feed, name="feed"),
    path("<slug:slug>/", views.PublicationDetail.as_view(), name="detail"),
    path("<slug:slug>/<slug:language>.<slug:ending>", views.file, name="file"),
]
