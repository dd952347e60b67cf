"""Routes of registers."""

from django.urls.resolvers import URLPattern

urlpatterns: list[URLPattern] = []
