# moto with AWS IoT Jobs, for programs in any language. Build it in a checkout: docker build -t moto-iot-jobs .
FROM python:3.12-slim AS build
COPY . /source
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir '/source[server,mqtt]' && /venv/bin/pip uninstall --yes pip

FROM python:3.12-slim
COPY --from=build /venv /venv
RUN useradd --create-home --uid 10001 mock && mkdir /tls && chown mock /tls
USER mock
ENV PATH=/venv/bin:$PATH
VOLUME /tls
EXPOSE 5000 8443 1883
# Host names of other containers have to be allowed: --public-host NAME, which DescribeEndpoint gives, too.
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s CMD \
    ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:5000/moto-api/iot-jobs/health', timeout=2)"]
ENTRYPOINT ["moto-iot-jobs", "server", "--host", "0.0.0.0", "--port", "5000", "--tls-port", "8443", "--mqtt-port", "1883", "--tls-dir", "/tls"]
