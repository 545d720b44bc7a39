# The production image: the server and the worker, nothing of the stand-ins, QA or tests.
FROM python:3.11-slim-bookworm AS build
WORKDIR /app
RUN python -m venv /venv
COPY requirements.txt .
RUN /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.txt

FROM python:3.11-slim-bookworm
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN useradd --system --uid 10001 --no-create-home bayline
WORKDIR /app
COPY --from=build /venv /venv
COPY server.py settings.py ./
COPY shop shop
COPY store store
COPY tools tools
COPY processors processors
COPY pipeline pipeline
COPY console console
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f\"http://127.0.0.1:{os.environ.get('PORT', '8000')}/healthz\", timeout=2)"]
# The exec form: SIGTERM has to reach the server, which then lets calls in progress finish.
CMD ["python", "server.py"]
