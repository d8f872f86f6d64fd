from .company.urls import urlpatterns as company
from .sign_up.urls import urlpatterns as sign_up

app_name = "lotsen"
urlpatterns = [*sign_up, *company]
