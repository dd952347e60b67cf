"""Routes of the registers."""

from django.urls import path

from lims.views import registers as views

urlpatterns = [
    path("registers/", views.register_list, name="register-list"),
    path("registers/metrics/", views.metric_list, name="metric-list"),
    path("registers/genomes/+new/", views.genome_create, name="reference-genome-create"),
    path("registers/genomes/<str:code>/", views.genome_detail, name="reference-genome-detail"),
    path("registers/materials/+new/", views.reference_material_create, name="reference-material-create"),
    path("registers/materials/<str:code>/", views.reference_material_detail, name="reference-material-detail"),
    path("registers/materials/<str:code>/truth-sets/+new/", views.truth_set_create, name="truth-set-create"),
    path("registers/truth-sets/<int:pk>/retire/", views.truth_set_delete, name="truth-set-delete"),
    path("registers/assays/+new/", views.assay_create, name="assay-create"),
    path("registers/assays/<str:code>/", views.assay_detail, name="assay-detail"),
    path("registers/assays/<str:code>/versions/+new/", views.assay_version_create, name="assay-version-create"),
]
