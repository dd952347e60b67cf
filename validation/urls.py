"""Routes of validation studies."""

from django.urls.resolvers import URLPattern

urlpatterns: list[URLPattern] = []
