# sh suite.sh CMD…: runs CMD in a session of its own. fd 3 is a pipe whose only writer is the control plane: when that
# dies, however it dies, the whole group does too. The exit code is CMD's.
( exec 3<&- "$@" </dev/null ) & p=$!
( read -r _ <&3; kill -KILL 0 ) >/dev/null 2>&1 & w=$!
exec 3<&-; wait "$p"; s=$?
kill -KILL "$w" 2>/dev/null; exit "$s"
