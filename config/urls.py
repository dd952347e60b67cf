"""All routes: pages at the root, the REST interface under /api/v1/, health beside them."""

from django.conf import settings
from django.urls import include, path

urlpatterns = [
    path("", include("lims.urls")),
    path("", include("validation.urls")),
    path("api/v1/", include("config.api_urls")),
]

if settings.DEBUG:
    urlpatterns.append(path("gallery/", include("lims.urls.gallery")))

handler400 = "config.errors.bad_request"
handler403 = "config.errors.permission_denied"
handler404 = "config.errors.page_not_found"
handler500 = "config.errors.server_error"
