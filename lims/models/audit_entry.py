"""The audit trail. Written by the database alone (`lims/sql/audit.sql`); the application only reads it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from lims.choices import AuditOperation


class AuditEntry(models.Model):
    """One change or event: who, when, why, before and after, sealed into the hash chain."""

    sequence = models.BigIntegerField(_("number"), null=True, unique=True)
    recorded_at = models.DateTimeField(_("at"))
    transaction_id = models.BigIntegerField(_("transaction"))
    actor = models.CharField(_("account"), max_length=120)
    actor_name = models.CharField(_("name"), max_length=120)
    action = models.CharField(_("act"), max_length=120)
    reason = models.TextField(_("reason"))
    request_id = models.CharField(_("request"), max_length=64)
    client_address = models.CharField(_("address"), max_length=64)
    software_version = models.CharField(_("software version"), max_length=32)
    database_user = models.CharField(_("database role"), max_length=63)
    object_type = models.CharField(_("kind of record"), max_length=63)
    object_id = models.CharField(_("record"), max_length=64)
    operation = models.CharField(_("operation"), max_length=8, choices=AuditOperation)
    before = models.JSONField(_("before"), null=True)
    after = models.JSONField(_("after"), null=True)
    previous_hash = models.CharField(max_length=64, null=True)  # noqa: DJ001 - null until sealed
    hash = models.CharField(max_length=64, null=True)  # noqa: DJ001

    class Meta:
        db_table = "audit_entry"
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit trail")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["object_type", "object_id"], name="audit_entry_object"),
            models.Index(fields=["actor", "-id"], name="audit_entry_actor"),
            models.Index(fields=["request_id"], name="audit_entry_request"),
            models.Index(fields=["recorded_at"], name="audit_entry_time"),
        ]

    def __str__(self) -> str:
        return f"{self.sequence}: {self.actor} {self.action} {self.object_type} {self.object_id}"


class AuditHead(models.Model):
    """The end of the hash chain: one row."""

    sequence = models.BigIntegerField()
    hash = models.CharField(max_length=64)

    class Meta:
        db_table = "audit_head"
        verbose_name = _("head of the audit trail")
        verbose_name_plural = _("head of the audit trail")

    def __str__(self) -> str:
        return f"{self.sequence}: {self.hash}"
