import django.db.models.deletion
import wsrouter.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('wsrouter', '0005_membership_copies'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    # What replaces an index comes first: MySQL keeps the last one of a foreign key.
    operations = [
        migrations.AddIndex(
            model_name='openconnection',
            index=models.Index(fields=['user', 'connection_id', 'expires_at'], name='wsrouter_connection_user'),
        ),
        migrations.AlterField(
            model_name='openconnection',
            name='user',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='wsrouter_connections', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='openconnection',
            constraint=models.UniqueConstraint(fields=('connection_id',), name='wsrouter_connection_once'),
        ),
        migrations.AlterField(
            model_name='openconnection',
            name='connection_id',
            field=wsrouter.models.ExactCharField(max_length=128),
        ),
        migrations.AddIndex(
            model_name='openconnection',
            index=models.Index(fields=['expires_at', 'id'], name='wsrouter_connection_end'),
        ),
        migrations.AlterField(
            model_name='openconnection',
            name='expires_at',
            field=models.DateTimeField(),
        ),
        migrations.AddIndex(
            model_name='membership',
            index=models.Index(fields=['group', 'connection', 'expires_at', 'stored_at', 'gateway', 'api_id', 'stage', 'user'], name='wsrouter_membership_page'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(fields=('connection', 'group'), name='wsrouter_membership_of_one'),
        ),
        migrations.RemoveConstraint(
            model_name='membership',
            name='wsrouter_membership_once',
        ),
        migrations.AlterField(
            model_name='membership',
            name='connection',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='wsrouter.openconnection', to_field='connection_id'),
        ),
    ]
