from typing import Any

import django.db.models.deletion
import wsrouter.models
from django.conf import settings
from django.db import migrations, models
from django.db.models import OuterRef, Subquery
from django.utils import timezone

COPIED = ('user_id', 'gateway', 'api_id', 'stage', 'stored_at', 'expires_at')


def copy(apps: Any, schema_editor: Any) -> None:
    alias = schema_editor.connection.alias
    rows = apps.get_model('wsrouter', 'OpenConnection').objects.using(alias)
    members = apps.get_model('wsrouter', 'Membership').objects.using(alias)
    known = rows.filter(connection_id=OuterRef('connection_id'))
    members.exclude(connection_id__in=rows.values('connection_id')).delete()
    members.update(**{
        name.removesuffix('_id') if name == 'user_id' else name: Subquery(known.values(name))
        for name in COPIED
    })


class Migration(migrations.Migration):

    dependencies = [
        ('wsrouter', '0004_publish_gateway'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='membership',
            name='user',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='membership',
            name='gateway',
            field=wsrouter.models.ExactCharField(default='', max_length=128),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='membership',
            name='api_id',
            field=models.CharField(default='', max_length=64),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='membership',
            name='stage',
            field=models.CharField(default='', max_length=128),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='membership',
            name='stored_at',
            field=models.DateTimeField(default=timezone.now),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='membership',
            name='expires_at',
            field=models.DateTimeField(default=timezone.now),
            preserve_default=False,
        ),
        migrations.RunPython(copy, migrations.RunPython.noop, elidable=True),
    ]
