from django.http import Http404
from django.urls import path

from . import answering


def nothing(request, **kwargs):
    raise Http404


app_name = "wegweiser"
urlpatterns = [
    path("", nothing, name="list"),
    path("<slug:slug>/", nothing, name="detail"),
    path("pruefen/<str:token>/", answering.verify, name="verify"),
]
