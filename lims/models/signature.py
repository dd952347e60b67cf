"""Electronic signatures: who meant what, over exactly which content. Append-only."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lims.choices import SignatureMeaning, SignatureMethod


class Signature(models.Model):
    """A person's signature under the canonical text of one record version."""

    record_type = models.CharField(_("kind of record"), max_length=64)
    record_id = models.CharField(_("record"), max_length=64)
    meaning = models.CharField(_("meaning"), max_length=24, choices=SignatureMeaning)
    signer = models.ForeignKey("lims.User", models.PROTECT, related_name="signatures", verbose_name=_("signer"))
    signer_printed_name = models.CharField(_("printed name"), max_length=120)
    signer_roles = models.JSONField(_("roles at signing"), default=list)
    signed_at = models.DateTimeField(_("signed at"), default=timezone.now, editable=False)
    time_zone = models.CharField(_("time zone"), max_length=64)
    method = models.CharField(_("method"), max_length=24, choices=SignatureMethod)
    reason = models.TextField(_("reason"), blank=True)
    canonical_text = models.TextField(_("signed content (canonical JSON)"))
    sha256 = models.CharField(_("SHA-256 of the signed content"), max_length=64)

    class Meta:
        verbose_name = _("signature")
        verbose_name_plural = _("signatures")
        ordering = ["id"]
        indexes = [models.Index(fields=["record_type", "record_id"], name="lims_signature_record")]

    def __str__(self) -> str:
        return f"{self.signer_printed_name}: {self.meaning} {self.record_type} {self.record_id}"
