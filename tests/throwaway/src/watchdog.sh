# Owns the server and its directory, and ends both when our standard input closes: the process that
# holds the other end may be dropped, exit, panic or be killed, the kernel closes it in every case.
# Which server that is stands ahead of this: `prepare`, `serve` and `stop`.

directory=$1
programs=$2
shift 2

# `PATH` may name no more than a test's own directory.
PATH=$PATH:/usr/bin:/bin
umask 077
trap '' HUP INT TERM
exec 3<&0 </dev/null >"$directory/log" 2>&1

if prepare; then
    serve "$@" 3<&- &
    server=$!
    (
        read -r never
        # Again and again: the server is deaf until it has installed its handlers.
        while kill -"$stop" "$server"; do
            sleep 0.1 || sleep 1
        done
    ) <&3 &
    stopper=$!
    wait "$server"
    kill -KILL "$stopper"
    wait "$stopper"
fi

# The server may have ended by itself: its log stays until nobody can ask for it any more.
: >"$directory/ended"
read -r never <&3
rm -rf "$directory"
