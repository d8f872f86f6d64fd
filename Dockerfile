# The portal as a container: nothing runs as root, nothing is written outside /data and /backup.
FROM python:3.12-slim

RUN useradd --system --uid 10001 --create-home portal && mkdir /data /backup && chown portal /data /backup
WORKDIR /app

COPY requirements.txt .
RUN pip install --no-cache-dir --require-hashes -r requirements.txt

COPY manage.py gunicorn.conf.py pyproject.toml ./
COPY portal portal
COPY integration integration
COPY lotsen lotsen
COPY templates templates
COPY locale locale
COPY static static
COPY docs/handbuch docs/handbuch

# Translations and static files are part of the image.
RUN python manage.py compilemessages && python manage.py collectstatic --no-input --verbosity 0 \
    && rm -rf var && ln -s /data var && python -m compileall -q portal integration lotsen

USER portal
ENV PYTHONUNBUFFERED=1 MEDIA_ROOT=/data/media
VOLUME /data
EXPOSE 8000
# Only whether the process lives: where a container that is not well is started anew, a database that is away helps nobody.
# The name is one the portal answers to; any other would be refused.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["python", "-c", \
    "import os, urllib.request as r; r.urlopen(r.Request('http://127.0.0.1:8000/healthz', headers={'Host': os.environ['ALLOWED_HOSTS'].split(',')[0].lstrip('.')}), timeout=4)"]
CMD ["gunicorn", "portal.wsgi", "--bind", "0.0.0.0:8000"]
