"""Routes of the gallery of components; only in development."""

from django.urls import path

from lims.views import gallery

urlpatterns = [
    path("", gallery.gallery, name="gallery"),
    path("bare/", gallery.bare, name="gallery-bare"),
    path("progress/", gallery.progress, name="gallery-progress"),
]
