"""Routes of gallery."""

from django.urls.resolvers import URLPattern

urlpatterns: list[URLPattern] = []
