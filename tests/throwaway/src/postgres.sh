# What `watchdog.sh` runs, for PostgreSQL.

prepare() {
    "$programs/initdb" -D "$directory/data" -U postgres -A trust -E UTF8 --locale=C \
        --no-sync --wal-segsize=1
}

serve() {
    exec "$programs/postgres" -D "$directory/data" "$@"
}

# At once, and its own children first.
stop=QUIT

