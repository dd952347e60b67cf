"""Routes of the REST interface, and its OpenAPI description from bundled assets."""

from django.urls import include, path

urlpatterns = [
    path("", include("lims.api.urls")),
    path("", include("validation.api.urls")),
]
