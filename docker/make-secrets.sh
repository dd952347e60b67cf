#!/bin/sh
# Make what docker-compose.yml reads from docker/secrets; files that exist are kept. TLS files are yours to put there.
set -eu
cd "$(dirname "$0")"
mkdir -p secrets
chmod 700 secrets

random() { head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n'; }
keep() { [ -s "secrets/$1" ] || printf '%s' "$2" > "secrets/$1"; }

for name in secret_key metrics_key database_superuser_password database_owner_password database_app_password redis_password; do
  keep "$name" "$(random)"
done
keep database_url "postgresql://exomark_app:$(cat secrets/database_app_password)@postgres:5432/exomark"
keep database_owner_url "postgresql://exomark_owner:$(cat secrets/database_owner_password)@postgres:5432/exomark"
keep broker_url "redis://:$(cat secrets/redis_password)@redis:6379/0"
keep cache_url "redis://:$(cat secrets/redis_password)@redis:6379/1"
for name in tls_certificate tls_key; do
  [ -s "secrets/$name" ] || echo "docker/secrets/$name is missing: put your own there." >&2
done
