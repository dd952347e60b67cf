"""Routes of the REST interface."""

from django.contrib.auth.decorators import login_required
from django.urls import path

from lims.api import files, jobs, material, measurements, registers, uploads
from lims.api.docs import DocsView, SchemaView
from lims.api.me import MeView

urlpatterns = [
    path("samples/", material.SampleList.as_view(), name="api-sample-list"),
    path("samples/<str:code>/", material.SampleDetail.as_view(), name="api-sample-detail"),
    path("libraries/", material.LibraryList.as_view(), name="api-library-list"),
    path("libraries/<str:code>/", material.LibraryDetail.as_view(), name="api-library-detail"),
    path("runs/", material.RunList.as_view(), name="api-run-list"),
    path("runs/<str:code>/", material.RunDetail.as_view(), name="api-run-detail"),
    path("runs/<str:run>/libraries/", material.RunLibraryList.as_view(), name="api-run-library-list"),
    path("runs/<str:run>/libraries/<str:library>/", material.RunLibraryDetail.as_view(), name="api-run-library-detail"),
    path("measurements/", measurements.MeasurementList.as_view(), name="api-measurement-list"),
    path("metrics/", registers.MetricList.as_view(), name="api-metric-list"),
    path("metrics/<str:code>/", registers.MetricDetail.as_view(), name="api-metric-detail"),
    path("assays/", registers.AssayList.as_view(), name="api-assay-list"),
    path("assays/<str:code>/", registers.AssayDetail.as_view(), name="api-assay-detail"),
    path("assays/<str:assay>/versions/", registers.AssayVersionList.as_view(), name="api-assay-version-list"),
    path(
        "assays/<str:assay>/versions/<str:version>/",
        registers.AssayVersionDetail.as_view(),
        name="api-assay-version-detail",
    ),
    path("genomes/", registers.GenomeList.as_view(), name="api-genome-list"),
    path("genomes/<str:code>/", registers.GenomeDetail.as_view(), name="api-genome-detail"),
    path("reference-materials/", registers.ReferenceMaterialList.as_view(), name="api-reference-material-list"),
    path(
        "reference-materials/<str:code>/",
        registers.ReferenceMaterialDetail.as_view(),
        name="api-reference-material-detail",
    ),
    path("truth-sets/", registers.TruthSetList.as_view(), name="api-truth-set-list"),
    path("files/", files.FileList.as_view(), name="api-file-list"),
    path("files/<uuid:public_id>/", files.FileDetail.as_view(), name="api-file-detail"),
    path("files/<uuid:public_id>/content/", files.FileContent.as_view(), name="api-file-content"),
    path("uploads/", uploads.UploadList.as_view(), name="api-upload-create"),
    path("uploads/<uuid:public_id>/", uploads.UploadDetail.as_view(), name="api-upload-detail"),
    path("jobs/", jobs.JobList.as_view(), name="api-job-list"),
    path("jobs/<uuid:public_id>/", jobs.JobDetail.as_view(), name="api-job-detail"),
    path("jobs/<uuid:public_id>/cancel/", jobs.JobCancel.as_view(), name="api-job-cancel"),
    path("me/", MeView.as_view(), name="api-me"),
    path("schema/", SchemaView.as_view(), name="api-schema"),
    path("docs/", login_required(DocsView.as_view()), name="api-docs"),
]
