#!/bin/sh
# One image, four parts: prepare (once, as the owner of the database), web, worker, scheduler.
set -eu

case "${1:-web}" in
  prepare)
    exec python manage.py prepare_database
    ;;
  web)
    # The web processes add up their measurements here; what a former start left is not ours.
    export PROMETHEUS_MULTIPROC_DIR="${PROMETHEUS_MULTIPROC_DIR:-/tmp/prometheus}"
    rm -rf "$PROMETHEUS_MULTIPROC_DIR"
    mkdir -p "$PROMETHEUS_MULTIPROC_DIR"
    exec gunicorn config.wsgi --bind "0.0.0.0:${EXOMARK_PORT:-8000}" --worker-class gthread \
      --workers "${EXOMARK_WEB_WORKERS:-2}" --threads "${EXOMARK_WEB_THREADS:-8}" --timeout 120 \
      --no-control-socket --access-logfile - --forwarded-allow-ips '*'
    ;;
  worker)
    exec celery --app config worker --queues "${EXOMARK_QUEUES:-default,files,compute,release}" \
      --concurrency "${EXOMARK_WORKER_PROCESSES:-2}" --prefetch-multiplier 1 --loglevel INFO
    ;;
  scheduler)
    exec celery --app config beat --schedule "${EXOMARK_BEAT_DIR:-/var/lib/exomark/beat}/schedule" --loglevel INFO
    ;;
  *)
    exec "$@"
    ;;
esac
