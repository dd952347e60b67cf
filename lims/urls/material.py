"""Routes of material."""

from django.urls.resolvers import URLPattern

urlpatterns: list[URLPattern] = []
