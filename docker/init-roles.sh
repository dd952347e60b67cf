#!/bin/sh
# Runs once, when the database is made: the owner of the tables, and the role that the application runs as.
set -eu
owner_password=$(cat /run/secrets/database_owner_password)
app_password=$(cat /run/secrets/database_app_password)
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
  --set owner_password="$owner_password" --set app_password="$app_password" <<'SQL'
CREATE ROLE exomark_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE exomark_app LOGIN PASSWORD :'app_password';
CREATE DATABASE exomark OWNER exomark_owner;
REVOKE ALL ON DATABASE exomark FROM PUBLIC;
GRANT CONNECT ON DATABASE exomark TO exomark_app;
SQL
