#!/bin/sh
# The operator's command used wrongly, and with a daemon that hangs: words and the right exit status, never a wait without
# end, never a byte that moves the cursor.
set -eu
crier=$CRIER_BUILD/daemon/crier
crierd=$CRIER_BUILD/daemon/crierd
[ -x "$crier" ] && [ -x "$crierd" ] || exit 77
work=$(mktemp -d /tmp/crier-abuse.XXXXXX)
daemon=
failed=0
export LC_ALL=C.UTF-8 LANGUAGE= CRIER_CONF="$work/crierd.conf"

finish()
{
	if [ -n "$daemon" ]; then
		kill -CONT "$daemon" 2>/dev/null || true
		kill "$daemon" 2>/dev/null || true
		wait "$daemon" || { echo "crierd ended with $?" >&2; failed=1; }
	fi
	grep -n 'Sanitizer\|runtime error' "$work/log" && failed=1
	rm -rf "$work"
	exit "$failed"
}
trap finish EXIT

. "$CRIER_SOURCE/tests/world/expect.sh"

cat >"$CRIER_CONF" <<END
site: { name = "玉山"; signature = "玉山反诈"; sender = "a@example.cn"; area = "320583"; };
paths: { spool = "spool"; state = "state"; control = "control.sock"; };
audiences: { student = { label = "学生"; roles = [ "student" ]; }; };
channels: ( { name = "sms"; kind = "null"; } );
END
"$crierd" -c "$CRIER_CONF" >"$work/log" 2>&1 &
daemon=$!
tries=100
until "$crier" status >/dev/null 2>&1; do
	tries=$((tries - 1))
	[ "$tries" -gt 0 ] || { cat "$work/log" >&2; failed=1; exit; }
	sleep 0.1
done
escape=$(printf 'a\033[31m\001')
long=$(head -c 100000 /dev/zero | tr '\0' a)

expect 2 '没有“nosuch”' "$crier" nosuch
expect 2 '不能写成' "$crier" alert list --most "$escape"
expect 2 '…' "$crier" alert list --most "$long"
expect 2 '不能写成“0”' "$crier" audit list --most 0
expect 2 '不能写成' "$crier" audit list --most 4294967296
expect 2 'open|closed|stored' "$crier" alert list --state nosuch
expect 2 '2026-02-30' "$crier" alert list --from 2026-02-30
expect 2 '什么也没有' "$crier" report --from 2026-12-01 --to 2026-11-01
expect 2 '没有选项 --csv' "$crier" status --csv
expect 2 'roster import' "$crier" roster
expect 0 'roster import' "$crier" help roster
expect 0 'roster find' "$crier" roster find --help
expect 2 '这个值' "$crier" channel suspend sms "$escape"
expect 2 '没有选项 --x' "$crier" submit --x
expect 2 '还缺 --list NAME' "$crier" roster import "$work/list.csv" --source 民政局 --basis 协议
expect 0 'FILE --list NAME --source UNIT --basis TEXT \[--until DATE\]' "$crier" help roster import
expect 2 '还缺 FILE' "$crier" preview
printf 'phone\n13800000001\n' >"$work/list.csv"
for slip in '--until 明年' '--until 2020-01-01' '--list '; do
	expect 2 "${slip%% *}：" "$crier" roster import "$work/list.csv" --list 一 --source 民政局 --basis 协议 "${slip%% *}" "${slip#* }"
done
expect 0 '收下 1' "$crier" roster import "$work/list.csv" --list 一 --source 民政局 --basis 协议
expect 0 '138\*\*\*\*0001：出生年 不详，' "$crier" roster find 13800000001
sed 's/paths: {/paths: { templates = "nosuch";/' "$CRIER_CONF" >"$work/faulty.conf"
expect 78 'nosuch paths.templates：文件无法读取（没有这个文件或文件夹）' "$crierd" -c "$work/faulty.conf" --check
expect 78 '是文件夹' "$crier" -c / status
expect 66 '没有这个文件' "$crier" submit "$work/nosuch"

# Names that anybody chose. All of them must be judged, under the name that their owner knows.
printf '类型：刷单返利\n案情：有人被骗。\n' >"$work/good.txt"
for name in "$(printf 'bad\377\376.txt')" "$(printf 'a\nb.txt')" 'a\b.txt' '-x.txt' "$(printf '零\342\200\213宽.txt')" \
	"$(head -c 251 /dev/zero | tr '\0' n).txt"; do
	cp "$work/good.txt" "$work/$name"
	expect 0 '已' "$crier" submit "$work/$name"
	expect 0 '刷单返利\|居民' "$crier" preview "$work/$name"
done

# A list that is cut says so.
expect 0 '只列出前 1 条，可能还有：' "$crier" alert list --most 1
expect 0 '只列出前 1 条，可能还有：' "$crier" audit list --most 1
expect 0 '138' "$crier" optout add 13800000001
expect 0 '只列出前 1 条，可能还有：' "$crier" optout list --most 1

# A day alone as the end means all of it: a report of one day, or up to the last of the month, lacks nobody.
today=$(TZ=Asia/Shanghai date +%F)
expect 0 '刷单返利' "$crier" alert list --to "$today"
expect 0 '没有预警' "$crier" alert list --to "$today 00:00" --from 2026-01-01

# A file that its officer may not read, asked for by somebody whom no right helps.
printf '类型：刷单返利\n' >"$work/locked.txt"
chmod 000 "$work/locked.txt"
without=
[ -r "$work/locked.txt" ] && without='setpriv --bounding-set=-all'
expect 66 'locked.txt：' $without "$crier" submit "$work/locked.txt"
expect 66 'locked.txt：' $without "$crier" preview "$work/locked.txt"

for name in x.tmp 'x.txt~' x.txt.swp; do
	cp "$work/good.txt" "$work/$name"
	expect 65 "^crier: ${name}_：" "$crier" submit "$work/$name"
done

# A pipe is no file: the daemon must not wait for its writer.
mkfifo "$work/pipe.txt"
sleep 20 >"$work/pipe.txt" &
writer=$!
expect 66 '管道' "$crier" preview "$work/pipe.txt"
expect 0 'crierd' "$crier" status
kill "$writer"

# A daemon that hangs.
kill -STOP "$daemon"
expect 75 '1 秒没有回应' "$crier" --timeout 1 status
expect 75 '1 秒没有回应' "$crier" --timeout 1 submit "$work/good.txt"
kill -CONT "$daemon"
expect 0 'crierd' "$crier" status
if [ -n "$(ls "$work/spool/tmp")" ]; then
	echo "left in tmp/: $(ls "$work/spool/tmp")" >&2
	failed=1
fi
