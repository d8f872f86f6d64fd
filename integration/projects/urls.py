from django.urls import path

from portal.on_demand import Views

views = Views("integration.projects.views")

app_name = "projects"
urlpatterns = [
    path("", views.ProjectList.as_view(), name="list"),
    path("<slug:slug>/", views.ProjectDetail.as_view(), name="detail"),
]
