"""What codes of records look like: they stand in URLs, barcodes and file names."""

from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

CODE_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
CODE_MAX_LENGTH = 64

code_validator = RegexValidator(
    rf"^{CODE_PATTERN}$",
    _("Use up to 64 Latin letters, digits, dots, hyphens or underscores, beginning with a letter or digit."),
    code="invalid_code",
)
