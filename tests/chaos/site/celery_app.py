"""The Celery application. Its time-outs are those that a deployment should have, since
a broker that hangs would hang whoever sends."""

import os

from celery import Celery

BROKER = os.environ.get("FAULTS_BROKER", f"{os.environ['CHAOS_REDIS']}/0")
_REDIS = {"socket_timeout": 10, "socket_connect_timeout": 5}
_RABBITMQ = {"confirm_publish": True, "read_timeout": 30, "write_timeout": 10}

app = Celery("chaos", broker=BROKER)
app.conf.update(
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_connection_timeout=5,
    broker_transport_options=_REDIS if BROKER.startswith("redis") else _RABBITMQ,
    broker_heartbeat=10,
    task_default_queue="chaos",
    worker_prefetch_multiplier=1,
    worker_cancel_long_running_tasks_on_connection_loss=False,
)
app.autodiscover_tasks(["wsrouter"])
app.set_current()
