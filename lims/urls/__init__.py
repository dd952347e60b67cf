"""Routes of the laboratory's pages, one module a subject; names are `<noun>-<role>`."""

from lims.urls import audit, files, health, jobs, material, people, registers, today

urlpatterns = [
    *today.urlpatterns,
    *health.urlpatterns,
    *people.urlpatterns,
    *material.urlpatterns,
    *files.urlpatterns,
    *jobs.urlpatterns,
    *registers.urlpatterns,
    *audit.urlpatterns,
]
