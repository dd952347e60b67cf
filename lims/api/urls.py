"""Routes of the REST interface."""

from django.contrib.auth.decorators import login_required
from django.urls import path

from lims.api.docs import DocsView, SchemaView
from lims.api.me import MeView

urlpatterns = [
    path("me/", MeView.as_view(), name="api-me"),
    path("schema/", SchemaView.as_view(), name="api-schema"),
    path("docs/", login_required(DocsView.as_view()), name="api-docs"),
]
