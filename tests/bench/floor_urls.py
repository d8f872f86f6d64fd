from django import forms
from django.db import connection, models
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from .floor import PAGE


class Message(models.Model):
    name = models.CharField(max_length=100)
    email = models.EmailField()
    place = models.CharField(max_length=100)
    message = models.TextField(blank=True)
    sent = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "floor"


class MessageForm(forms.ModelForm):
    class Meta:
        model = Message
        fields = ("name", "email", "place", "message")


def page(request):
    return HttpResponse(PAGE)


@csrf_exempt  # the portal's form needs no cookie either
def send(request):
    form = MessageForm(request.POST)
    if not form.is_valid():
        return HttpResponse(str(form.errors), status=400)
    form.save()
    return HttpResponseRedirect("/page/")


urlpatterns = [path("page/", page), path("form/", send)]

if Message._meta.db_table not in connection.introspection.table_names():
    with connection.schema_editor() as editor:
        editor.create_model(Message)
