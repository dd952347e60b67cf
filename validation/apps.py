from __future__ import annotations

from django.apps import AppConfig
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class ValidationConfig(AppConfig):
    name = "validation"
    verbose_name = _("Performance validation")

    def ready(self) -> None:
        from lims import signing  # noqa: PLC0415 - apps are ready only now
        from lims.permissions import Permission  # noqa: PLC0415
        from validation.selectors import content  # noqa: PLC0415

        def url(code: str) -> str:
            return reverse("study-detail", args=[code])

        labels = {content.PLAN_RECORD: _("Validation plan"), content.STUDY_RECORD: _("Validation study")}
        for record_type, label in labels.items():
            signing.register_record(
                record_type,
                content.PROVIDERS[record_type],
                label=label,
                permission=Permission.STUDY_READ,
                url=url,
            )
