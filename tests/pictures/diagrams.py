"""What the diagrams of the documentation say. Functions in them are those of the table
in docs/explanation/way-of-a-message.md."""

from tests.pictures.sequence import Diagram, Step

PAGE, GATEWAY, DJANGO, DATABASE = "client", "API Gateway", "Django", "database"
OTHERS = "other clients"
CODE, SENDER = "your code", "wsrouter"
A, B = "socket A", "socket B"

MESSAGE = Diagram(
    "way-of-a-message",
    "explanation/way-of-a-message.md",
    "The way of a message",
    [PAGE, GATEWAY, DJANGO, DATABASE, OTHERS],
    [
        Step('{"action": "orders.watch", "id": "7", ...}', PAGE, GATEWAY),
        Step(
            "POST, with the secret and\nthe connection id in headers", GATEWAY, DJANGO
        ),
        Step("verify_gateway, headers, frame", DJANGO, DJANGO),
        Step("find: one query", DJANGO, DATABASE),
        Step("connection and user", DATABASE, DJANGO),
        Step("admit: login, permission, throttle\nread: the payload", DJANGO, DJANGO),
        Step("your handler", DJANGO, DJANGO),
        Step('200 {"type": "reply", "id": "7", ...}', DJANGO, GATEWAY),
        Step("the reply", GATEWAY, PAGE),
        Step("Then, what the handler has sent:"),
        Step("POST @connections", DJANGO, GATEWAY),
        Step("the event", GATEWAY, OTHERS),
    ],
)
SEND = Diagram(
    "what-a-send-does",
    "explanation/fan-out.md",
    "What a send does",
    [CODE, SENDER, DATABASE, GATEWAY, "clients"],
    [
        Step("event.send(payload, group=...)", CODE, SENDER),
        Step("validate, write once as JSON,\ndraw the id", SENDER, SENDER),
        Step("Delivery: deferred", SENDER, CODE),
        Step("When the transactions have committed, and the message is answered:"),
        Step("recipients, 1,000 in a page", SENDER, DATABASE),
        Step("connection ids", DATABASE, SENDER),
        Step("POST @connections, many at once", SENDER, GATEWAY),
        Step("the frame", GATEWAY, "clients"),
        Step("200: delivered; 410: gone;\n429, 5xx: once more, later", GATEWAY, SENDER),
        Step("delete what is gone", SENDER, DATABASE),
        Step("report, to log and signal", SENDER, CODE),
    ],
)
HAND_OVER = Diagram(
    "what-a-hand-over-does",
    "howto/browser.md",
    "What a hand-over does",
    ["client.js", A, B, DJANGO],
    [
        Step("A has been open for 110 minutes, give or take 5."),
        Step("POST: a ticket", "client.js", DJANGO),
        Step("open, with the ticket", "client.js", B),
        Step("$connect", B, DJANGO),
        Step("subscriptions again", "client.js", B),
        Step("replies: the groups stand on B", B, "client.js"),
        Step("New calls go over B. For 10 seconds A brings what is under way:"),
        Step("late events, answers", A, "client.js"),
        Step("drop what came twice,\nby its id", "client.js", "client.js"),
        Step("close, 1000", "client.js", A),
        Step("$disconnect", A, DJANGO),
    ],
)
DIAGRAMS = [MESSAGE, SEND, HAND_OVER]
