"""A library stands on a run once; its files, jobs and measurements are found by the two codes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("lims", "0002_audit_trail_and_guards")]

    operations = [
        migrations.RemoveConstraint(model_name="runlibrary", name="lims_runlibrary_loaded_once"),
        migrations.AlterField(
            model_name="runlibrary",
            name="lane",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="Empty where the library is on several lanes.",
                null=True,
                verbose_name="lane",
            ),
        ),
        migrations.AddConstraint(
            model_name="runlibrary",
            constraint=models.UniqueConstraint(fields=("run", "library"), name="lims_runlibrary_loaded_once"),
        ),
    ]
