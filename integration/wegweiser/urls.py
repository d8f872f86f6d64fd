from django.http import Http404
from django.urls import path

from portal.views import ContentDetail

from . import answering
from .models import Service


def nothing(request, **kwargs):
    raise Http404


class ServiceDetail(ContentDetail):
    model = Service


app_name = "wegweiser"
urlpatterns = [
    path("", nothing, name="list"),
    path("<slug:slug>/", ServiceDetail.as_view(), name="detail"),
    path("pruefen/<str:token>/", answering.verify, name="verify"),
]
