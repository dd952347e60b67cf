"""Routes of the audit trail and of signatures."""

from django.urls import path

from lims.views import audit

urlpatterns = [
    path("audit/", audit.audit_list, name="audit-list"),
    path("audit/verify/", audit.audit_verify, name="audit-verify"),
    path("audit/export/<str:file_format>/", audit.audit_export_view, name="audit-export"),
    path("signatures/<int:pk>/", audit.signature_detail, name="signature-detail"),
]
