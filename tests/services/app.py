"""The Celery application that carries out the sends of these tests."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.services.settings")

from celery import Celery

app = Celery("services", broker=os.environ.get("SERVICES_BROKER"))
app.conf.task_default_queue = os.environ.get("SERVICES_QUEUE", "services")
app.conf.worker_prefetch_multiplier = 1
if str(app.conf.broker_url).startswith("redis"):
    prefix = {"global_keyprefix": f"{app.conf.task_default_queue}:"}
    app.conf.broker_transport_options = prefix
app.autodiscover_tasks()
