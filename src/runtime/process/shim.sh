# sh shim.sh DIR CMD…: runs CMD in a session of its own and writes what became of it into DIR, so that its exit code
# outlives whoever started it. With COFFERDAM_LIFELINE set, fd 3 is a pipe: when its last writer dies, so does CMD.
d=$1; shift
trap '' HUP INT TERM                                     # stop signals go to CMD's pid, not here
( trap - HUP INT TERM; unset COFFERDAM_LIFELINE PWD; exec 3<&- "$@" </dev/null >>"$d/log" 2>&1 ) & p=$!
sed 's/.*) //' "/proc/$p/stat" | cut -d' ' -f20 >"$d/start"      # clock ticks since boot; with pid: the identity that adoption checks
echo "$p" >"$d/pid.tmp"; mv "$d/pid.tmp" "$d/pid"        # pid appears last
if [ -n "$COFFERDAM_LIFELINE" ]; then ( read -r _ <&3; kill -TERM "$p"; sleep 2; kill -KILL 0 ) 2>/dev/null & fi
exec 3<&-; wait "$p"; s=$?
echo "$s" >"$d/exit.tmp"; mv "$d/exit.tmp" "$d/exit"; kill -KILL 0
