from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InternalQualityControlConfig(AppConfig):
    name = "iqc"
    verbose_name = _("Internal quality control")
