//! Sets of capabilities.

use lanner_seccomp::target::{CAPS, DEFAULT_CAPS};

/// The number of a capability, with or without `CAP_`, in any case.
pub fn by_name(name: &str) -> Option<u32> {
    let upper = name.to_ascii_uppercase();
    let bare = upper.strip_prefix("CAP_").unwrap_or(&upper);
    CAPS.iter()
        .position(|n| n.strip_prefix("CAP_") == Some(bare))
        .map(|at| at as u32)
}

/// A set of capabilities, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CapSet(pub u64);

impl CapSet {
    /// Every capability that has a name.
    pub const ALL: CapSet = CapSet((1 << CAPS.len()) - 1);

    /// Those of a container of which nothing was added and nothing dropped.
    pub fn default_set() -> CapSet {
        CapSet(
            DEFAULT_CAPS
                .iter()
                .filter_map(|n| by_name(n))
                .fold(0, |set, n| set | 1 << n),
        )
    }

    /// What a container's lists make of the default: `ALL` first, then additions, then removals,
    /// as containerd does it.
    pub fn of(privileged: bool, add: &[String], drop: &[String]) -> CapSet {
        if privileged {
            return CapSet::ALL;
        }
        let has_all = |list: &[String]| list.iter().any(|c| c.eq_ignore_ascii_case("ALL"));
        let mut set = CapSet::default_set().0;
        if has_all(add) {
            set = CapSet::ALL.0;
        }
        if has_all(drop) {
            set = 0;
        }
        let bits = |list: &[String]| {
            list.iter()
                .filter_map(|n| by_name(n))
                .fold(0, |s, n| s | 1 << n)
        };
        CapSet((set | bits(add)) & !bits(drop))
    }

    /// Their names, with `CAP_`.
    pub fn names(self) -> Vec<String> {
        (0..CAPS.len())
            .filter(|n| self.0 >> n & 1 == 1)
            .map(|n| CAPS[n].to_owned())
            .collect()
    }

    /// Whether one is in it.
    pub fn contains(self, name: &str) -> bool {
        by_name(name).is_some_and(|n| self.0 >> n & 1 == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_change_the_default_as_in_containerd() {
        let check = |add: &[&str], drop: &[&str], has: &[&str], lacks: &[&str]| {
            let own = |l: &[&str]| l.iter().map(|s| s.to_string()).collect::<Vec<_>>();
            let set = CapSet::of(false, &own(add), &own(drop));
            has.iter()
                .for_each(|n| assert!(set.contains(n), "{add:?} {drop:?} {n}"));
            lacks
                .iter()
                .for_each(|n| assert!(!set.contains(n), "{add:?} {drop:?} {n}"));
        };
        check(&[], &[], &["CHOWN", "CAP_NET_RAW"], &["SYS_ADMIN"]);
        check(&["SYS_TIME"], &["NET_RAW"], &["SYS_TIME"], &["NET_RAW"]);
        check(
            &["NET_BIND_SERVICE"],
            &["ALL"],
            &["NET_BIND_SERVICE"],
            &["CHOWN"],
        );
        check(&["ALL"], &["SYS_ADMIN"], &["BPF"], &["SYS_ADMIN"]);
        check(&["cap_sys_time"], &[], &["SYS_TIME"], &[]);
        assert_eq!(CapSet::of(true, &[], &[]), CapSet::ALL);
        assert_eq!(CapSet::default_set().names().len(), 14);
    }
}
