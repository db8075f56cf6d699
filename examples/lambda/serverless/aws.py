"""What AWS Lambda invokes: Mangum answers HTTP, wsrouter answers WebSockets."""

from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application
from mangum import Mangum

from wsrouter.awslambda import handler_for

# In production a CDN has the static files.
site = ASGIStaticFilesHandler(get_asgi_application())
handler = handler_for(Mangum(site, lifespan="off"))
