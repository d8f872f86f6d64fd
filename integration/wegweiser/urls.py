from django.http import Http404
from django.urls import path


def nothing(request, **kwargs):
    raise Http404


app_name = "wegweiser"
urlpatterns = [path("", nothing, name="list"), path("<slug:slug>/", nothing, name="detail")]
