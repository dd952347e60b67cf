"""Routes of the REST interface."""

from django.urls.resolvers import URLPattern

urlpatterns: list[URLPattern] = []
