"""What AWS asks for what a project with sockets uses, each with the page that says so:
on demand, US East (N. Virginia), beyond the free tier."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Price:
    what: str
    dollars: float
    unit: str
    page: str
    url: str
    date: str


_GITHUB = "https://raw.githubusercontent.com/api-evangelist"
PRICES = {
    "message": Price(
        "API Gateway, a WebSocket message of up to 32 KB, in or out",
        1.00,
        "a million (the first billion of a month)",
        "AWS for Engineers",
        "https://awsforengineers.com/blog/aws-api-gateway-pricing-explained",
        "19 May 2025",
    ),
    "connection_minute": Price(
        "API Gateway, minutes for which a socket is open",
        0.25,
        "a million",
        "API Evangelist, from an example on AWS's page",
        f"{_GITHUB}/amazon-web-services/refs/heads/main/plans/"
        "amazon-web-services-plans-pricing.yml",
        "20 September 2026",
    ),
    "vcpu_hour": Price(
        "Fargate, a vCPU",
        0.04048,
        "an hour",
        "Wring",
        "https://www.wring.co/blog/aws-fargate-pricing-guide",
        "10 March 2026",
    ),
    "gb_hour": Price(
        "Fargate, a GB of memory",
        0.004445,
        "an hour",
        "Wring",
        "https://www.wring.co/blog/aws-fargate-pricing-guide",
        "10 March 2026",
    ),
    "lambda_request": Price(
        "Lambda, requests",
        0.20,
        "a million",
        "Wring",
        "https://wring.co/blog/aws-lambda-pricing-guide",
        "8 March 2026",
    ),
    "lambda_gb_second": Price(
        "Lambda, a GB of memory (x86)",
        0.0000166667,
        "a second",
        "Wring",
        "https://wring.co/blog/aws-lambda-pricing-guide",
        "8 March 2026",
    ),
    "alb_hour": Price(
        "Application Load Balancer",
        0.0225,
        "an hour",
        "Cloud Horizons",
        "https://cloud-horizons.com/blog/alb-the-line-item-nobody-watches/",
        "8 May 2026",
    ),
    "lcu_hour": Price(
        "Application Load Balancer, a capacity unit: 3,000 open connections, or 25 new"
        " ones a second, or 1 GB an hour",
        0.008,
        "an hour",
        "Cloud Horizons",
        "https://cloud-horizons.com/blog/alb-the-line-item-nobody-watches/",
        "8 May 2026",
    ),
    "cache_gb_hour": Price(
        "ElastiCache Serverless for Valkey, a GB (0.1 GB at least)",
        0.084,
        "an hour",
        "Usage.ai",
        "https://www.usage.ai/blogs/aws/database-savings-plans/elasticache/"
        "serverless-pricing/",
        "June 2026",
    ),
    "cache_unit": Price(
        "ElastiCache Serverless for Valkey, processing units: a KB of a command",
        0.0023,
        "a million",
        "Usage.ai",
        "https://www.usage.ai/blogs/aws/database-savings-plans/elasticache/"
        "serverless-pricing/",
        "June 2026",
    ),
    "database_hour": Price(
        "RDS for PostgreSQL, db.t4g.medium (2 vCPU, 4 GB), one zone",
        0.065,
        "an hour",
        "InfraTally",
        "https://infratally.com/articles/aws-rds-pricing-explained-2026.html",
        "2026",
    ),
}


def dollars(name: str) -> float:
    return PRICES[name].dollars
