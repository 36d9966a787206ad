"""HTTP in (starlette on uvicorn) and HTTP out (httpx), with the same TLS and authentication options everywhere."""
