# The mock as a container: docker build -t codat-mock . && docker run --rm -p 127.0.0.1:4620:4620 codat-mock
# It prints the control token, unless CODAT_MOCK_CONTROL_TOKEN has one; CODAT_MOCK_ALLOW_HOST names it
# for other containers.
ARG BASE=python:3.13-slim

FROM ${BASE} AS build
COPY . /source
RUN python3 -m venv /opt/codat-mock && /opt/codat-mock/bin/pip install --no-cache-dir /source

FROM ${BASE}
RUN useradd --system --uid 10001 --home-dir /data --create-home codat-mock
COPY --from=build /opt/codat-mock /opt/codat-mock
ENV PATH="/opt/codat-mock/bin:${PATH}" PYTHONUNBUFFERED=1 CODAT_MOCK_HOST=0.0.0.0
USER 10001
WORKDIR /data
EXPOSE 4620
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["codat-mock", "health"]
ENTRYPOINT ["codat-mock"]
CMD ["serve"]
