from django.urls import path

from . import views

urlpatterns = [
    path("", views.page, name="page"),
    path("bestaetigen/<str:token>/", views.confirm, name="confirm"),
]
