
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('lims', '0003_library_is_once_on_a_run'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='auditentry',
            index=models.Index(fields=['recorded_at'], name='audit_entry_time'),
        ),
    ]
