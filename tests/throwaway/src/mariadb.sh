# What `watchdog.sh` runs, for MariaDB.

prepare() {
    "$programs/mariadb-install-db" --no-defaults --datadir="$directory/data" \
        --auth-root-authentication-method=normal --skip-test-db --skip-name-resolve
}

# Debian has it where only root looks.
serve() {
    PATH=$PATH:/usr/sbin
    exec mariadbd --no-defaults --datadir="$directory/data" --pid-file="$directory/data/pid" "$@"
}

# It has no children, and would write down first what nobody reads again.
stop=KILL

