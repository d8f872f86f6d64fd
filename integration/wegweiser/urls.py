from django.http import Http404
from django.urls import path

from . import views


def nothing(request, **kwargs):
    raise Http404


app_name = "wegweiser"
urlpatterns = [
    path("", nothing, name="list"),
    path("wegweiser.pdf", views.pdf, name="pdf"),
    path("<slug:slug>/", nothing, name="detail"),
]
