# Two stages: what installs packages stays behind. `make rehearse` goes through these steps without Docker.
FROM python:3.11-slim-bookworm AS packages
COPY requirements.txt /srv/
RUN python -m venv /srv/venv && \
    /srv/venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /srv/requirements.txt

FROM python:3.11-slim-bookworm
WORKDIR /srv/watchfloor
# What PDFs are laid out with, in the versions of this Debian.
# hadolint ignore=DL3008
RUN apt-get update && \
    apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core && \
    rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --no-create-home watchfloor && mkdir data && chown 10001 data
COPY --from=packages /srv/venv /srv/venv
COPY LICENSE NOTICE wsgi.py gunicorn.conf.py ./
COPY assets ./assets
COPY dashapp ./dashapp
COPY pages ./pages
RUN /srv/venv/bin/python -m compileall -q dashapp pages wsgi.py
ENV PATH=/srv/venv/bin:/usr/local/bin:/usr/bin:/bin PYTHONUNBUFFERED=1 LOG_FORMAT=json
VOLUME /srv/watchfloor/data
USER 10001
HEALTHCHECK --interval=15s --timeout=15s --start-period=120s --retries=4 CMD ["python", "-c", "import os, urllib.request as web; web.urlopen(f'http://127.0.0.1:{os.environ.get(\"PORT\", 8050)}/readyz')"]
STOPSIGNAL SIGTERM
CMD ["python", "-m", "dashapp", "serve"]
