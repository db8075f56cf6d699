"""Applications that do nothing: what a server costs by itself."""

ANSWER = (
    b'{"type":"reply","action":"watch","id":"7",'
    b'"payload":{"order_id":7,"status":"paid"}}'
)
HEADERS = [("content-type", "application/json"), ("content-length", str(len(ANSWER)))]


def wsgi(environ, start_response):
    environ["wsgi.input"].read()
    start_response("200 OK", HEADERS)
    return [ANSWER]


async def asgi(scope, receive, send):
    while (await receive()).get("more_body"):
        pass
    headers = [(name.encode(), value.encode()) for name, value in HEADERS]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": ANSWER})
