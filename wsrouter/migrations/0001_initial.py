import django.db.models.deletion
import wsrouter.models.exact_char_field
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='QueuedSend',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event', models.TextField()),
                ('data', models.BinaryField()),
                ('recipients', models.JSONField()),
                ('left_out', models.PositiveIntegerField(default=0)),
                ('group_index', models.PositiveIntegerField(default=0)),
                ('last_connection_id', wsrouter.models.exact_char_field.ExactCharField(default='', max_length=128)),
                ('fully_sliced', models.BooleanField(default=False)),
                ('delivered', models.BigIntegerField(default=0)),
                ('gone', models.BigIntegerField(default=0)),
                ('failed', models.BigIntegerField(default=0)),
                ('reasons', models.JSONField(default=dict)),
                ('stopped', models.TextField(default='')),
                ('trace', models.TextField(default='')),
                ('queued_at', models.DateTimeField(auto_now_add=True)),
                ('touched_at', models.DateTimeField(db_index=True)),
                ('resume_after', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'permissions': (('view_queuedsend_payload', 'Can view the payloads of queued sends'),),
            },
        ),
        migrations.CreateModel(
            name='ReaperRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ran_at', models.DateTimeField()),
                ('positions', models.JSONField(default=dict)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='EndedSession',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('session_hash', models.CharField(editable=False, max_length=64)),
                ('ended_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['session_hash'], name='wsrouter_ended_session'), models.Index(fields=['ended_at'], name='wsrouter_ended_at')],
            },
        ),
        migrations.CreateModel(
            name='OpenConnection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('connection_id', wsrouter.models.exact_char_field.ExactCharField(max_length=128)),
                ('auth_hash', models.CharField(editable=False, max_length=128)),
                ('password_digest', models.CharField(default='', editable=False, max_length=32)),
                ('session_hash', models.CharField(default='', editable=False, max_length=64)),
                ('state', models.JSONField(default=dict)),
                ('gateway', wsrouter.models.exact_char_field.ExactCharField(max_length=128)),
                ('api_id', models.CharField(max_length=64)),
                ('stage', models.CharField(max_length=128)),
                ('source_ip', models.CharField(max_length=45)),
                ('user_agent', models.TextField()),
                ('language', models.CharField(default='', max_length=35)),
                ('connected_at', models.DateTimeField()),
                ('stored_at', models.DateTimeField(auto_now_add=True)),
                ('expires_at', models.DateTimeField()),
                ('user', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='wsrouter_connections', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'open connection',
                'permissions': (('publish_gateway', 'Can publish a gateway to API Gateway'), ('close_openconnection', 'Can close open connections'), ('send_test_event', 'Can send test events from the console')),
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('group', wsrouter.models.exact_char_field.ExactCharField(max_length=255)),
                ('gateway', wsrouter.models.exact_char_field.ExactCharField(max_length=128)),
                ('api_id', models.CharField(max_length=64)),
                ('stage', models.CharField(max_length=128)),
                ('stored_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('user', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('connection', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='wsrouter.openconnection', to_field='connection_id')),
            ],
        ),
        migrations.CreateModel(
            name='PresenceChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('gateway', wsrouter.models.exact_char_field.ExactCharField(max_length=128)),
                ('group', wsrouter.models.exact_char_field.ExactCharField(max_length=255)),
                ('has_joined', models.BooleanField()),
                ('created_ms', models.BigIntegerField(editable=False)),
                ('user', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='PresenceGroup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('gateway', wsrouter.models.exact_char_field.ExactCharField(max_length=128)),
                ('group', wsrouter.models.exact_char_field.ExactCharField(max_length=255)),
                ('version', models.BigIntegerField()),
                ('count', models.PositiveIntegerField(default=0)),
                ('told_ms', models.BigIntegerField(default=0, editable=False)),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('group', 'gateway'), name='wsrouter_presence_group_once')],
            },
        ),
        migrations.CreateModel(
            name='PresentUser',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('gateway', wsrouter.models.exact_char_field.ExactCharField(max_length=128)),
                ('group', wsrouter.models.exact_char_field.ExactCharField(max_length=255)),
                ('member', models.BinaryField(null=True)),
                ('user', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='QueuedSlice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('group_index', models.PositiveIntegerField()),
                ('after_connection_id', wsrouter.models.exact_char_field.ExactCharField(max_length=128)),
                ('last_connection_id', wsrouter.models.exact_char_field.ExactCharField(default='', max_length=128)),
                ('task_id', models.CharField(max_length=255)),
                ('leased_until', models.DateTimeField()),
                ('send', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='slices', to='wsrouter.queuedsend')),
            ],
        ),
        migrations.CreateModel(
            name='Stream',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', wsrouter.models.exact_char_field.ExactCharField(editable=False, max_length=22)),
                ('gateway', wsrouter.models.exact_char_field.ExactCharField(max_length=128)),
                ('kind', models.CharField(choices=[('group', 'Group'), ('user', 'User')], max_length=5)),
                ('name', wsrouter.models.exact_char_field.ExactCharField(max_length=255)),
                ('epoch', models.CharField(max_length=8)),
                ('top', models.BigIntegerField(default=0)),
                ('last', models.PositiveIntegerField(default=0)),
                ('seconds', models.PositiveIntegerField(default=0)),
                ('touched_ms', models.BigIntegerField(editable=False)),
                ('user', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'default_permissions': ('view', 'delete'),
            },
        ),
        migrations.CreateModel(
            name='KeptEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seq', models.BigIntegerField(null=True)),
                ('gateway', wsrouter.models.exact_char_field.ExactCharField(max_length=128)),
                ('kind', models.CharField(choices=[('group', 'Group'), ('user', 'User')], max_length=5)),
                ('name', wsrouter.models.exact_char_field.ExactCharField(max_length=255)),
                ('event', models.TextField()),
                ('event_id', models.CharField(max_length=16)),
                ('payload', models.BinaryField()),
                ('excluded', models.JSONField(null=True)),
                ('last', models.PositiveIntegerField()),
                ('seconds', models.PositiveIntegerField()),
                ('created_ms', models.BigIntegerField(editable=False)),
                ('numbered_ms', models.BigIntegerField(editable=False, null=True)),
                ('posted_at', models.DateTimeField(null=True)),
                ('trace', models.TextField(default='')),
                ('stream', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='events', to='wsrouter.stream')),
            ],
            options={
                'default_permissions': ('view',),
            },
        ),
        migrations.CreateModel(
            name='Ticket',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(editable=False, max_length=64, unique=True)),
                ('auth_hash', models.CharField(editable=False, max_length=128)),
                ('session_hash', models.CharField(default='', editable=False, max_length=64)),
                ('gateway', wsrouter.models.exact_char_field.ExactCharField(max_length=128)),
                ('connection_id', wsrouter.models.exact_char_field.ExactCharField(default='', editable=False, max_length=128)),
                ('proof_expires_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField(db_index=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='wsrouter_tickets', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.AddIndex(
            model_name='openconnection',
            index=models.Index(fields=['session_hash'], name='wsrouter_connection_session'),
        ),
        migrations.AddIndex(
            model_name='openconnection',
            index=models.Index(fields=['expires_at', 'id'], name='wsrouter_connection_end'),
        ),
        migrations.AddIndex(
            model_name='openconnection',
            index=models.Index(fields=['user', 'connection_id', 'expires_at'], name='wsrouter_connection_user'),
        ),
        migrations.AddConstraint(
            model_name='openconnection',
            constraint=models.UniqueConstraint(fields=('connection_id',), name='wsrouter_connection_once'),
        ),
        migrations.AddIndex(
            model_name='membership',
            index=models.Index(fields=['group', 'connection', 'expires_at', 'stored_at', 'gateway', 'api_id', 'stage', 'user'], name='wsrouter_membership_page'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(fields=('connection', 'group'), name='wsrouter_membership_of_one'),
        ),
        migrations.AddIndex(
            model_name='presencechange',
            index=models.Index(fields=['group', 'gateway'], name='wsrouter_presence_change'),
        ),
        migrations.AddConstraint(
            model_name='presentuser',
            constraint=models.UniqueConstraint(fields=('group', 'gateway', 'user'), name='wsrouter_present_user_once'),
        ),
        migrations.AddConstraint(
            model_name='stream',
            constraint=models.UniqueConstraint(fields=('public_id',), name='wsrouter_stream_id'),
        ),
        migrations.AddConstraint(
            model_name='stream',
            constraint=models.UniqueConstraint(fields=('gateway', 'kind', 'name'), name='wsrouter_stream_once'),
        ),
        migrations.AddIndex(
            model_name='keptevent',
            index=models.Index(fields=['posted_at', 'id'], name='wsrouter_kept_event_posted'),
        ),
        migrations.AddIndex(
            model_name='keptevent',
            index=models.Index(fields=['seconds', 'created_ms', 'id'], name='wsrouter_kept_event_age'),
        ),
        migrations.AddConstraint(
            model_name='keptevent',
            constraint=models.UniqueConstraint(fields=('stream', 'seq'), name='wsrouter_kept_event_once'),
        ),
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(fields=['session_hash'], name='wsrouter_ticket_session'),
        ),
    ]
