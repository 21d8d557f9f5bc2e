# Runs in a guest, as root, from the read-only disk at /mnt. Results go to the second serial port:
# `ok` or `FAIL`, a name, a detail.
set -u
exec </dev/null

# Journal lines that are looked for may take a moment, on an emulated machine.
PATIENCE=60

result() { printf '%s\t%s\t%s\n' "$1" "$2" "${3:-}" >/dev/ttyS1; }
# check WHAT COMMAND…: reports whether the command succeeds, with what it printed if not.
check() {
	what=$1
	shift
	if "$@" >/tmp/output 2>&1; then
		result ok "$what"
	else
		result FAIL "$what" "$(tail -n 5 /tmp/output | tr '\n\t' '  ')"
	fi
}
# eventually COMMAND…: until it succeeds.
eventually() {
	for _ in $(seq $((PATIENCE * 2))); do
		"$@" && return 0
		sleep 0.5
	done
	echo "not within $PATIENCE s: $*"
	journalctl -u falco --no-pager -n 4 -o cat
	return 1
}
property() { systemctl show -P "$1" falco.service; }
# in_journal UNIT TEXT: `journalctl -u UNIT` shows the text.
in_journal() { journalctl -u "$1" --no-pager -o cat | grep -qF -- "$2"; }
# alerts PROGRAM TEXT: a run of the program leads to an alert with the text.
alerts() {
	cp /bin/true "/usr/local/bin/$1"
	"/usr/local/bin/$1"
	eventually in_journal falco "$2"
}
# rule NAME PROGRAM: a rule for runs of the program.
rule() {
	cat <<-EOF
		- rule: $1
		  desc: A program of the check ran
		  condition: evt.type in (execve, execveat) and evt.res = SUCCESS and proc.name = $2
		  output: $1 (pid=%proc.pid command=%proc.cmdline)
		  priority: WARNING
	EOF
}
LOCAL=/etc/falco/falco_rules.local.yaml

service_checks() {
	rule "Guest deed one" deed-one >/tmp/local.yaml
	check "the package installs" dpkg -i /mnt/lanner.deb
	check "the service is running" systemctl is-active falco.service
	check "it said that it is ready" test "$(property Type)" = notify -a "$(property SubState)" = running
	result ok "it says how it is" "$(property StatusText)"
	for name in falco lanner falco-modern-bpf; do
		check "systemctl status $name" systemctl status --no-pager "$name"
	done
	# BPF, PERFMON, SYS_RESOURCE, SYS_PTRACE, DAC_READ_SEARCH.
	check "it has no capabilities but those" test $((0x$(caps) & ~0xc001080004)) = 0
	check "the log is in the journal" eventually in_journal falco "Falco version"

	cp /tmp/local.yaml $LOCAL
	check "a changed rules file is taken up" alerts_after_change
	check "systemctl restart falco.service" systemctl restart falco.service
	check "journalctl -u falco has the alert of a command" alerts deed-one "Guest deed one"
	for name in lanner falco-modern-bpf; do
		check "journalctl -u $name has it, too" eventually in_journal $name "Guest deed one"
	done
	check "a rule of the package raises an alert" reads_shadow
	check "users have their names" sh -c '! journalctl -u falco -o cat | grep "no users could be read"'

	pid=$(property MainPID)
	rule "Guest deed two" deed-two >>$LOCAL
	check "systemctl reload falco.service" systemctl reload falco.service
	check "the new rule raises an alert" alerts deed-two "Guest deed two"
	check "the process stayed the same" test "$(property MainPID)" = "$pid"
	echo '- rule: broken' >>$LOCAL
	systemctl reload falco.service
	check "broken rules are refused" eventually in_journal falco "broken"
	check "and the old ones go on" alerts_again deed-two "Guest deed two"
	sed -i '/broken/d' $LOCAL

	cat >/etc/falco/config.d/program.yaml <<-'EOF'
		program_output:
		  enabled: true
		  program: cat >>/var/lib/lanner/program.log
	EOF
	systemctl restart falco.service
	check "program_output is given alerts" program_alerts
	check "beside a filter" grep -q '^Seccomp:.2' "/proc/$(property MainPID)/status"
	rm /etc/falco/config.d/program.yaml
	systemctl restart falco.service

	check "/healthz" eventually curl -fsS http://127.0.0.1:8765/healthz
	check "/readyz" curl -fsS http://127.0.0.1:8765/readyz
	check "/versions" sh -c 'curl -fsS http://127.0.0.1:8765/versions | grep -q 0.44.1'
	check "/metrics" sh -c 'curl -fsS http://127.0.0.1:8765/metrics | grep -q ^falcosecurity_'

	pid=$(property MainPID)
	kill -9 "$pid"
	check "killed with -9, it is started again" eventually restarted "$pid"
	check "and raises alerts" alerts_again deed-one "Guest deed one"
	mkdir -p /run/systemd/system/falco.service.d
	printf '[Service]\nWatchdogSec=15\nRestartSec=1\n' >/run/systemd/system/falco.service.d/watchdog.conf
	systemctl daemon-reload
	systemctl restart falco.service
	pid=$(property MainPID)
	kill -STOP "$pid"
	check "stopped dead, the watchdog has it started again" eventually restarted "$pid"
	check "memory, in kB" test "$(rss)" -lt 65536
	result ok "memory of the service" "$(rss) kB"

	check "systemctl stop falco.service" systemctl stop falco.service
	check "it ended without an error" test "$(property Result)" = success
	check "the package is purged" dpkg -P lanner
	check "the service is gone" sh -c '! systemctl cat falco.service'
}
caps() { sed -n 's/^CapEff:\t//p' "/proc/$(property MainPID)/status"; }
rss() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$(property MainPID)/status"; }
# The process first: the old state may still be shown for a moment when the process is gone.
restarted() {
	case $(property MainPID) in 0 | "$1") return 1 ;; esac
	[ "$(property SubState)" = running ]
}
reads_shadow() {
	cat /etc/shadow >/dev/null
	eventually in_journal falco /etc/shadow
}
program_alerts() {
	given() {
		/usr/local/bin/deed-two
		grep -q "Guest deed two" /var/lib/lanner/program.log
	}
	eventually given
}
# The file is watched: no reload is asked for.
alerts_after_change() {
	cp /bin/true /usr/local/bin/deed-one
	once() {
		/usr/local/bin/deed-one
		in_journal falco "Guest deed one"
	}
	eventually once
}
# As alerts, but an alert from before does not count.
alerts_again() {
	before=$(journalctl -u falco --no-pager -o cat | grep -cF -- "$2")
	more() { [ "$(journalctl -u falco --no-pager -o cat | grep -cF -- "$2")" -gt "$before" ]; }
	"/usr/local/bin/$1"
	eventually more "$1" "$2"
}

# The probe's own tests.
probe_checks() {
	if /mnt/probe-tests --test-threads=1 >/tmp/tests 2>&1; then
		verdict=ok
	else
		verdict=FAIL
	fi
	skipped=$(grep -c '^skipped' /tmp/tests)
	sed -n 's/^test result: [a-zA-Z]*\. \([0-9]* passed; [0-9]* failed\).*/\1/p' /tmp/tests >/tmp/sum
	result $verdict "tests of the probe" "$(cat /tmp/sum), $skipped skipped $(sed -n 's/^test \(.*\) \.\.\. FAILED/\1/p' /tmp/tests | tr '\n' ' ')"
	cat /tmp/tests
}

# A run from the command line.
run_checks() {
	dpkg -x /mnt/lanner.deb /opt
	rule "Guest deed" deed-run >/tmp/run.yaml
	cp /bin/true /usr/local/bin/deed-run
	/opt/usr/bin/falco -U -M 20 -r /tmp/run.yaml >/tmp/run.log 2>/tmp/run.err &
	run=$!
	deeds() {
		/usr/local/bin/deed-run
		grep -q "Guest deed" /tmp/run.log
	}
	check "falco -M 20 -r run.yaml > log" eventually deeds
	check "it ends by itself" wait $run
	check "with a summary" grep -q "Events detected: [1-9]" /tmp/run.log
	cat /tmp/run.err
}

# Where the kernel refuses BPF.
refused_checks() {
	dpkg -x /mnt/lanner.deb /opt
	rule "Guest deed" deed-run >/tmp/run.yaml
	/opt/usr/bin/falco -M 5 -r /tmp/run.yaml >/tmp/run.log 2>/tmp/run.err
	check "the run fails" test $? = 1
	check "and says why" grep -i "lockdown" /tmp/run.err
	result ok "in the words" "$(grep '^Error' /tmp/run.err | tr '\n\t' '  ')"
	check "the package installs all the same" dpkg -i /mnt/lanner.deb
	check "the journal says why" eventually in_journal falco "lockdown"
	cat /tmp/run.err
}

uname -r
checks=$(sed -n 's/.*lanner.checks=\([a-z]*\).*/\1/p' /proc/cmdline)
case $checks in
all)
	run_checks
	service_checks
	probe_checks
	;;
probe)
	run_checks
	probe_checks
	;;
refused) refused_checks ;;
esac
journalctl -u falco --no-pager -o cat
echo end >/dev/ttyS1
