//! Users and groups, of the host and of containers.

use bstr::{BStr, BString};
use hashbrown::HashMap;
use lanner_event::snapshot::{GroupEntry, UserEntry};

/// One user.
pub type User = UserEntry;

/// One group.
pub type Group = GroupEntry;

/// Containers whose users are remembered.
const MAX_CONTAINERS: usize = 4096;

/// The users and groups of the host (the container with the empty id) and of containers.
#[derive(Default)]
pub struct Users {
    /// Those of the host, whose id is empty. They are asked for most, and a table compares an empty
    /// key slowly: `memcmp` of no bytes behind a dangling pointer costs some processors (AVX-512)
    /// 300 ns.
    host: Option<Database>,
    containers: HashMap<BString, Database>,
    /// When the databases of a container were last asked for.
    asked: HashMap<BString, u64>,
    changes: u64,
}

/// The users and groups of the host or of one container.
#[derive(Default)]
pub struct Database {
    users: HashMap<u32, User>,
    groups: HashMap<u32, Group>,
    changed: u64,
}

impl Database {
    /// A number that is higher after each change, over all databases of a machine; not 0.
    pub fn changed(&self) -> u64 {
        self.changed
    }

    /// Its users, in the order of ids.
    pub fn users(&self) -> Vec<&User> {
        let mut users: Vec<&User> = self.users.values().collect();
        users.sort_by_key(|u| u.uid);
        users
    }

    /// Its groups, in the order of ids.
    pub fn groups(&self) -> Vec<&Group> {
        let mut groups: Vec<&Group> = self.groups.values().collect();
        groups.sort_by_key(|g| g.gid);
        groups
    }
}

/// Databases of a container are read again for an unknown user at most this often.
const ASK_AGAIN_NS: u64 = 1_000_000_000;

/// And so long after they could not be read. A runtime takes longer to set a container up, from
/// the first process in it, which is the runtime's own, to the first program.
const ASK_SOON_NS: u64 = 5_000_000;

impl Users {
    /// How many users and groups are known, of the host and of containers.
    pub(crate) fn len(&self) -> usize {
        let databases = self.host.iter().chain(self.containers.values());
        databases.map(|d| d.users.len() + d.groups.len()).sum()
    }

    /// Whether it is worth asking for the users of a container: one of these is not known, and
    /// they were not asked for a moment ago. Takes note that they are.
    pub(crate) fn ask(&mut self, container: &BStr, uid: u32, gid: u32, now: u64) -> bool {
        let known_user = uid == u32::MAX || self.user(container, uid).is_some();
        let known_group = gid == u32::MAX || self.group(container, gid).is_some();
        if known_user && known_group {
            return false;
        }
        if let Some(last) = self.asked.get_mut(container) {
            let again = now >= last.saturating_add(ASK_AGAIN_NS);
            if again {
                *last = now;
            }
            return again;
        }
        if self.asked.len() >= MAX_CONTAINERS {
            self.asked.clear();
        }
        self.asked.insert(container.into(), now);
        true
    }

    /// Takes note that nobody could tell: the process was gone, or its container not set up yet.
    pub(crate) fn ask_soon(&mut self, container: &BStr, now: u64) {
        if let Some(last) = self.asked.get_mut(container) {
            *last = now.saturating_sub(ASK_AGAIN_NS - ASK_SOON_NS);
        }
    }

    /// The users and groups of a container, or of the host if `container` is empty; `None` if
    /// nothing is known of them.
    pub fn database(&self, container: &BStr) -> Option<&Database> {
        if container.is_empty() {
            self.host.as_ref()
        } else {
            self.containers.get(container)
        }
    }

    /// The user with this id in a container, or on the host if `container` is empty.
    pub fn user(&self, container: &BStr, uid: u32) -> Option<&User> {
        self.database(container)?.users.get(&uid)
    }

    /// The group with this id in a container, or on the host if `container` is empty.
    pub fn group(&self, container: &BStr, gid: u32) -> Option<&Group> {
        self.database(container)?.groups.get(&gid)
    }

    /// Whether the users of this container are known.
    pub fn knows(&self, container: &BStr) -> bool {
        self.database(container).is_some()
    }

    /// Replaces those of the host.
    pub(crate) fn learn_host(&mut self, users: Vec<User>, groups: Vec<Group>) {
        self.learn_container(BString::default(), users, groups);
    }

    pub(crate) fn learn_container(
        &mut self,
        container: BString,
        users: Vec<User>,
        groups: Vec<Group>,
    ) {
        if !self.knows(container.as_ref()) && self.containers.len() >= MAX_CONTAINERS {
            // Most are gone for long; the others are asked for again.
            self.containers.clear();
            self.asked.clear();
        }
        let users = users.into_iter().filter(|u| !is_nss(&u.name));
        let groups = groups.into_iter().filter(|g| !is_nss(&g.name));
        self.changes += 1;
        let database = Database {
            users: first_wins(users.map(|u| (u.uid, u))),
            groups: first_wins(groups.map(|g| (g.gid, g))),
            changed: self.changes,
        };
        if container.is_empty() {
            self.host = Some(database);
        } else {
            self.containers.insert(container, database);
        }
    }

    /// The database of a container, to be changed; `None` if it is one too many.
    fn change(&mut self, container: &BStr) -> Option<&mut Database> {
        let database = if container.is_empty() {
            self.host.get_or_insert_default()
        } else if self.containers.len() < MAX_CONTAINERS || self.knows(container) {
            self.containers.entry_ref(container).or_default()
        } else {
            return None;
        };
        self.changes += 1;
        database.changed = self.changes;
        Some(database)
    }

    pub(crate) fn add_user(&mut self, container: &BStr, user: User) {
        if !is_nss(&user.name)
            && let Some(database) = self.change(container)
        {
            database.users.insert(user.uid, user);
        }
    }

    pub(crate) fn remove_user(&mut self, container: &BStr, uid: u32) {
        if self.user(container, uid).is_some()
            && let Some(database) = self.change(container)
        {
            database.users.remove(&uid);
        }
    }

    pub(crate) fn add_group(&mut self, container: &BStr, group: Group) {
        if !is_nss(&group.name)
            && let Some(database) = self.change(container)
        {
            database.groups.insert(group.gid, group);
        }
    }

    pub(crate) fn remove_group(&mut self, container: &BStr, gid: u32) {
        if self.group(container, gid).is_some()
            && let Some(database) = self.change(container)
        {
            database.groups.remove(&gid);
        }
    }
}

/// Of several lines with the same id, the first counts, as with `getpwuid`.
fn first_wins<T>(items: impl Iterator<Item = (u32, T)>) -> HashMap<u32, T> {
    let mut map = HashMap::new();
    for (id, item) in items {
        map.entry(id).or_insert(item);
    }
    map
}

/// Lines that include other databases (`+`, `-`) are not users.
fn is_nss(name: &[u8]) -> bool {
    matches!(name.first(), Some(b'+' | b'-'))
}

/// Reads `passwd(5)`. Lines that are malformed are skipped.
pub fn parse_passwd(text: &[u8]) -> Vec<User> {
    lines(text)
        .filter_map(|line| {
            let mut fields = line.splitn(7, |b| *b == b':');
            let name = fields.next()?;
            let (_password, uid, gid) = (fields.next()?, fields.next()?, fields.next()?);
            let (_gecos, home, shell) = (fields.next()?, fields.next()?, fields.next()?);
            Some(User {
                uid: number(uid)?,
                gid: number(gid)?,
                name: name.into(),
                home: home.into(),
                shell: shell.into(),
            })
        })
        .collect()
}

/// Reads `group(5)`. Lines that are malformed are skipped.
pub fn parse_group(text: &[u8]) -> Vec<Group> {
    lines(text)
        .filter_map(|line| {
            let mut fields = line.splitn(4, |b| *b == b':');
            let (name, _password, gid) = (fields.next()?, fields.next()?, fields.next()?);
            Some(Group {
                gid: number(gid)?,
                name: name.into(),
            })
        })
        .collect()
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|b| *b == b'\n').filter(|l| !l.is_empty())
}

fn number(text: &[u8]) -> Option<u32> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwd_and_group_files_are_read_and_bad_lines_skipped() {
        let users = parse_passwd(
            b"root:x:0:0:root:/root:/bin/bash\nbad:x:zero:0::/:/sh\nshort:x:1\n\
              u:x:1000:1001:A:B,C:/home/u:/bin/sh\n+::::::\n",
        );
        let names: Vec<_> = users.iter().map(|u| (u.uid, u.name.as_slice())).collect();
        assert_eq!(names, [(0, &b"root"[..]), (1000, b"u")]);
        assert_eq!(users[1].home, "B,C");
        let groups = parse_group(b"root:x:0:\nwheel:x:10:a,b,c\nbad:x:-1:\n");
        let names: Vec<_> = groups.iter().map(|g| (g.gid, g.name.as_slice())).collect();
        assert_eq!(names, [(0, &b"root"[..]), (10, b"wheel")]);
    }

    #[test]
    fn unknown_users_are_asked_for_now_and_then() {
        let mut users = Users::default();
        let c = BStr::new("c");
        for (now, expect) in [(5, true), (6, false), (5 + ASK_AGAIN_NS, true), (7, false)] {
            assert_eq!(users.ask(c, 5, u32::MAX, now), expect, "{now}");
        }
        users.ask_soon(c, 2 * ASK_AGAIN_NS);
        assert!(!users.ask(c, 5, u32::MAX, 2 * ASK_AGAIN_NS + ASK_SOON_NS - 1));
        assert!(users.ask(c, 5, u32::MAX, 2 * ASK_AGAIN_NS + ASK_SOON_NS));
        users.learn_container("c".into(), parse_passwd(b"u:x:5:5::/:/sh"), Vec::new());
        assert!(!users.ask(c, 5, u32::MAX, u64::MAX));
        assert!(users.ask(c, 5, 7, u64::MAX), "a group counts, too");
        for i in 0..3 * MAX_CONTAINERS {
            users.ask(BStr::new(&i.to_string()), 5, 5, 1);
        }
        assert!(users.asked.len() <= MAX_CONTAINERS);
    }

    #[test]
    fn changes_show_and_old_containers_make_room() {
        let mut users = Users::default();
        let c = BStr::new("c");
        let changed = |users: &Users| users.database(c).map(Database::changed);
        users.learn_container("c".into(), parse_passwd(b"u:x:5:5::/:/sh"), Vec::new());
        let first = changed(&users);
        users.learn_host(Vec::new(), Vec::new());
        users.remove_user(c, 6);
        assert_eq!(changed(&users), first);
        users.remove_user(c, 5);
        assert!(changed(&users) > first);
        for i in 0..MAX_CONTAINERS {
            users.learn_container(i.to_string().into(), Vec::new(), Vec::new());
        }
        assert!(!users.knows(c) && users.knows(BStr::new(&(MAX_CONTAINERS - 1).to_string())));
        assert!(
            users.ask(c, 5, 5, 1),
            "they are read again when they are needed"
        );
    }

    #[test]
    fn containers_have_users_of_their_own() {
        let mut users = Users::default();
        users.learn_host(parse_passwd(b"a:x:5:5::/:/sh\nb:x:5:5::/:/sh"), Vec::new());
        users.add_user(
            BStr::new("c1"),
            User {
                uid: 5,
                name: "inside".into(),
                ..User::default()
            },
        );
        let name = |users: &Users, c: &str| users.user(BStr::new(c), 5).map(|u| u.name.to_string());
        assert_eq!(name(&users, "").as_deref(), Some("a"));
        assert_eq!(name(&users, "c1").as_deref(), Some("inside"));
        assert_eq!(name(&users, "c2"), None);
        users.remove_user(BStr::new("c1"), 5);
        assert_eq!(name(&users, "c1"), None);
        for i in 0..2 * MAX_CONTAINERS {
            users.add_group(BStr::new(&i.to_string()), Group::default());
        }
        assert!(users.containers.len() <= MAX_CONTAINERS);
    }
}
