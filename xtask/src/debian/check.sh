# Runs in a clean Debian tree, as root, with /check/lanner.deb and the later /check/next.deb.
set -eu
mount -t proc proc /proc

failed=0
# check WHAT COMMAND…: says whether the command succeeds.
check() {
	what=$1
	shift
	if "$@" >/check/output 2>&1; then
		echo "ok    $what"
	else
		echo "FAIL  $what"
		sed 's/^/      /' /check/output
		failed=1
	fi
}
not() { ! "$@"; }
# The tree, without what dpkg and systemd keep for themselves.
listing() {
	find / -xdev \( -path /proc -o -path /check -o -path /var/lib/dpkg -o -path /var/log \
		-o -path /var/cache -o -path /tmp -o -path /run -o -path /var/lib/systemd/deb-systemd-helper-enabled \) \
		-prune -o -printf '%p %y %m %l\n' | sort
}
state() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null || true; }

listing >/check/before

echo "== install"
check "installs" dpkg -i /check/lanner.deb
check "the binary runs under both names" sh -c 'lanner --version && falco --version | grep -q 0.44.1'
check "the rules are valid" falco -V /etc/falco/falco_rules.yaml
check "the rules of this machine are valid" falco -V /etc/falco/falco_rules.local.yaml
falco -o engine.kind=nodriver --dry-run >/check/log 2>&1 || true
check "the configuration is valid" grep -q 'falco.yaml | schema validation: ok' /check/log
check "files of /etc are conffiles" sh -c '
	dpkg-query -W -f "\${Conffiles}\n" lanner | awk "NF {print \$1}" | sort >/check/conffiles
	printf "%s\n" /etc/falco/falco.yaml /etc/falco/falco_rules.local.yaml /etc/falco/falco_rules.yaml |
		diff - /check/conffiles'
check "every file is as packed" sh -c 'test -z "$(dpkg --verify lanner)"'
check "the unit is sound" systemd-analyze verify --man=no falco.service
check "the unit is enabled" systemctl is-enabled falco.service
for name in lanner.service falco-modern-bpf.service; do
	check "$name is a name of it" sh -c "systemctl is-enabled $name | grep -qx alias"
done
check "manual pages are there" sh -c 'gzip -t /usr/share/man/man1/lanner.1.gz /usr/share/man/man1/falco.1.gz'
check "completions are there" bash -n /usr/share/bash-completion/completions/falco

echo "== upgrade"
sed -i 's/^json_output: false/json_output: true/' /etc/falco/falco.yaml
echo '- list: mine' >/etc/falco/rules.d/mine.yaml
check "upgrades" dpkg --force-confold -i /check/next.deb
check "a changed file of /etc stays" grep -q '^json_output: true' /etc/falco/falco.yaml
check "the new one is beside it" grep -q 'later version' /etc/falco/falco.yaml.dpkg-dist
check "an unchanged file of /etc is replaced" grep -q 'later version' /etc/falco/falco_rules.yaml
rm -f /etc/falco/falco.yaml.dpkg-dist
systemctl --quiet disable falco.service
check "goes back to the earlier version" dpkg --force-confold -i /check/lanner.deb
check "a disabled service stays disabled" not systemctl is-enabled --quiet falco.service

echo "== remove"
mkdir -p /var/lib/lanner && touch /var/lib/lanner/spool
check "removes" dpkg -r lanner
check "the binary is gone" not test -e /usr/bin/lanner -o -L /usr/bin/falco
check "configuration and state stay" test -f /etc/falco/falco.yaml -a -f /var/lib/lanner/spool
check "purges" dpkg -P lanner
check "state is gone" not test -e /var/lib/lanner
check "files of the administrator stay" test -f /etc/falco/rules.d/mine.yaml
rm -r /etc/falco
listing >/check/after
check "nothing else is left" diff /check/before /check/after

echo "== in the place of Falco"
p=/check/falco
mkdir -p $p/DEBIAN $p/etc/falco $p/usr/bin $p/usr/lib/systemd/system
printf 'Package: falco\nVersion: 0.44.1\nArchitecture: all\nMaintainer: x <x@example.org>\nDescription: stand-in\n' >$p/DEBIAN/control
echo 'json_output: false' >$p/etc/falco/falco.yaml
echo '# rules' | tee $p/etc/falco/falco_rules.yaml >$p/etc/falco/falco_rules.local.yaml
(cd $p && find etc -type f -printf '/%p\n') >$p/DEBIAN/conffiles
printf '#!/bin/sh\n' >$p/usr/bin/falco
printf '[Service]\nExecStart=/usr/bin/falco\n[Install]\nAlias=falco.service\nWantedBy=multi-user.target\n' \
	>$p/usr/lib/systemd/system/falco-modern-bpf.service
printf '#!/bin/sh\nsystemctl --quiet enable falco-modern-bpf.service\n' >$p/DEBIAN/postinst
chmod 755 $p/DEBIAN/postinst $p/usr/bin/falco
dpkg-deb -b $p /check/falco.deb >/dev/null
dpkg -i /check/falco.deb >/dev/null 2>&1
echo 'json_output: true' >/etc/falco/falco.yaml
echo '- list: mine' >/etc/falco/falco_rules.local.yaml
check "takes Falco's place" dpkg --force-confold -i /check/lanner.deb
check "Falco is gone" sh -c "case '$(state falco)' in *installed*) exit 1 ;; esac"
check "its configuration stays" grep -qx 'json_output: true' /etc/falco/falco.yaml
check "its local rules stay" grep -qx -- '- list: mine' /etc/falco/falco_rules.local.yaml
check "its rules are replaced" grep -q 'rules of Lanner' /etc/falco/falco_rules.yaml
check "its link to the unit is gone" not test -L /etc/systemd/system/falco.service
check "the unit is enabled" sh -c 'systemctl is-enabled falco.service | grep -qx enabled'
check "Falco cannot be installed beside it" not dpkg --no-act -i /check/falco.deb

exit $failed
