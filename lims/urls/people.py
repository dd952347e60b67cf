"""Routes of people."""

from django.urls.resolvers import URLPattern

urlpatterns: list[URLPattern] = []
