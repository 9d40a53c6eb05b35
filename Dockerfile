# The gateway as one non-root process. Code is read-only; only the data volume and /tmp are written.
FROM python:3.11-slim AS build
WORKDIR /src
COPY requirements.lock ./
RUN python -m venv /opt/gateway \
 && /opt/gateway/bin/pip install --no-cache-dir --require-hashes --requirement requirements.lock
COPY pyproject.toml README.md ./
COPY verifier ./verifier
COPY keys ./keys
COPY connectors ./connectors
COPY policies ./policies
COPY vocabulary ./vocabulary
COPY gateway ./gateway
RUN /opt/gateway/bin/pip install --no-cache-dir --no-deps --no-build-isolation ./verifier .

FROM python:3.11-slim
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin gateway \
 && install --directory --owner 10001 --group 10001 --mode 0700 /var/lib/gateway
COPY --from=build /opt/gateway /opt/gateway
ENV PATH=/opt/gateway/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    GATEWAY_DATA_DIRECTORY=/var/lib/gateway
USER 10001:10001
WORKDIR /var/lib/gateway
VOLUME /var/lib/gateway
EXPOSE 8443
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8443/health', timeout=4)"]
ENTRYPOINT ["gateway"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8443"]
