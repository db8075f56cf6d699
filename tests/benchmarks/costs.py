"""What sockets cost in a month, computed from the prices and from what was measured."""

from dataclasses import dataclass

from tests.benchmarks.prices import dollars

HOURS_OF_A_MONTH = 730
GB_OF_A_VCPU = 2
UTILIZATION = 1 / 3
"""Of the CPU that is paid for: the rest waits for peaks."""
CONNECTIONS_OF_A_UNIT = 3_000
CACHE_GB = 0.1
LAMBDA_GB, LAMBDA_SECONDS = 0.5, 0.01
MILLION = 1e6


@dataclass(frozen=True)
class Example:
    """Sockets that are open for so many hours of a month. Each sends messages, which
    are answered, and gets events."""

    name: str
    sockets: int
    hours: int
    sent_an_hour: float
    events_an_hour: float
    channels_tasks: int
    task_vcpu: float

    @property
    def sent(self) -> float:
        return self.sockets * self.hours * self.sent_an_hour

    @property
    def events(self) -> float:
        return self.sockets * self.hours * self.events_an_hour

    @property
    def minutes(self) -> float:
        return self.sockets * self.hours * 60

    @property
    def messages(self) -> float:
        """As API Gateway counts them: an answer is one, too."""
        return 2 * self.sent + self.events


EXAMPLES = (
    Example("An office's tool", 1_000, 176, 4, 25, 2, 0.25),
    Example("A public dashboard", 10_000, HOURS_OF_A_MONTH, 1, 60, 2, 1.0),
)


def of_cpu(seconds: float) -> float:
    """Of CPU on Fargate, with its memory, at full use."""
    return seconds / 3600 * (dollars("vcpu_hour") + GB_OF_A_VCPU * dollars("gb_hour"))


def on_lambda(requests: float) -> float:
    gb_seconds = requests * LAMBDA_GB * LAMBDA_SECONDS
    return requests / MILLION * dollars("lambda_request") + gb_seconds * dollars(
        "lambda_gb_second"
    )


def of_gateway(messages: float, minutes: float = 0.0) -> float:
    return (
        messages * dollars("message") + minutes * dollars("connection_minute")
    ) / MILLION


def with_wsrouter(example: Example, message_us: float, post_us: float) -> float:
    """API Gateway, and the CPU of messages and posts."""
    cpu = (example.sent * message_us + example.events * post_us) / MILLION
    gateway = of_gateway(example.messages, example.minutes)
    return gateway + of_cpu(cpu) / UTILIZATION


def with_channels(example: Example) -> float:
    """Tasks that run all the time, the load balancer's part for open connections, and a
    cache for the channel layer, which handles each event and message once."""
    tasks = example.channels_tasks * example.task_vcpu * HOURS_OF_A_MONTH * 3600
    units = example.sockets / CONNECTIONS_OF_A_UNIT * example.hours
    cache = CACHE_GB * HOURS_OF_A_MONTH * dollars("cache_gb_hour")
    commands = (example.sent + example.events) / MILLION * dollars("cache_unit")
    return of_cpu(tasks) + units * dollars("lcu_hour") + cache + commands
