from django.urls import path, re_path

from portal.on_demand import Views

views = Views("integration.wegweiser.hsds.views")


def collection(name, view):
    """Clients write the address with and without a slash at the end, and may not be allowed to follow to the other."""
    return [
        re_path(rf"^hsds/{name}/?$", view.as_view(), name=name),
        re_path(rf"^hsds/{name}/(?P<id>[^/]+)/?$", view.as_view(), name=f"{name}_one"),
    ]


app_name = "hsds"
urlpatterns = [
    path("hsds", views.Root.as_view()),
    path("hsds/", views.Root.as_view(), name="root"),
    path("hsds/openapi.json", views.OpenAPI.as_view(), name="openapi"),
    path("hsds/profile", views.Profile.as_view()),
    path("hsds/profile/", views.Profile.as_view(), name="profile"),
    *collection("services", views.Services),
    *collection("organizations", views.Organizations),
    *collection("service_at_locations", views.ServiceAtLocations),
    *collection("taxonomies", views.Taxonomies),
    *collection("taxonomy_terms", views.TaxonomyTerms),
    re_path(r"^hsds/", views.Missing.as_view()),
]
