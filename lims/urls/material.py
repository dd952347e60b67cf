"""Routes of samples, libraries and runs."""

from django.urls import path

from lims.views import analyses
from lims.views import material as views

urlpatterns = [
    path("samples/", views.sample_list, name="sample-list"),
    path("samples/+new/", views.sample_create, name="sample-create"),
    path("samples/<str:code>/", views.sample_detail, name="sample-detail"),
    path("libraries/+new/", views.library_create, name="library-create"),
    path("libraries/<str:code>/", views.library_detail, name="library-detail"),
    path("runs/", views.run_list, name="run-list"),
    path("runs/+new/", views.run_create, name="run-create"),
    path("runs/<str:code>/", views.run_detail, name="run-detail"),
    path("runs/<str:run>/<str:library>/", views.run_library_detail, name="run-library-detail"),
    path("runs/<str:run>/<str:library>/coverage/", analyses.coverage_create, name="coverage-create"),
    path("runs/<str:run>/<str:library>/concordance/", analyses.concordance_create, name="concordance-create"),
]
