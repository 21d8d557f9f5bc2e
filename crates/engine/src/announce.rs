//! What a capture must be told in events: it has no files of container runtimes, and no user
//! databases of containers, to look into when it is read.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use bstr::{BStr, BString};
use lanner_container::{Container, Identity};
use lanner_event::{EventType, RawEvent, encode};
use lanner_state::{Database, Group, State, User};

use crate::follower::{Follower, Step};

/// Containers that are remembered as announced; those beyond it have ids only when replayed.
const MOST_CONTAINERS: usize = 1 << 20;

/// Longest text of a user that is told, in bytes: as much as captures have room for elsewhere.
const MOST_TEXT: usize = 255;

/// The longest description of a container that is told, in bytes.
const MOST_JSON: usize = 1 << 20;

/// Of which containers, users and groups a capture was told.
///
/// Containers are told in the events that Falco's container plugin and sysdig take for it
/// (`container`), users and groups in `useradded`, `userdeleted` and their like. All only change
/// the state of who reads them; rules do not see them.
pub struct Announcements {
    /// Full ids of containers.
    containers: HashSet<BString>,
    /// By the short id of a container; the host's is empty.
    databases: HashMap<BString, Told>,
}

/// What was told of the users and groups of a container.
#[derive(Default)]
struct Told {
    /// [`Database::changed`] then.
    changed: u64,
    uids: Vec<u32>,
    gids: Vec<u32>,
}

impl Told {
    fn of(database: &Database) -> Told {
        Told {
            changed: database.changed(),
            uids: database.users().iter().map(|u| u.uid).collect(),
            gids: database.groups().iter().map(|g| g.gid).collect(),
        }
    }
}

/// Where announcements go, and when and where they are made.
struct Place<'w, E> {
    ts: u64,
    cpu: u16,
    write: &'w mut dyn FnMut(&RawEvent<'_>) -> Result<(), E>,
}

impl Announcements {
    /// For a capture that begins with the snapshot of this state, in which the users of the host
    /// are.
    pub fn new(state: &State) -> Announcements {
        let host = state.users(BStr::new("")).map(Told::of);
        Announcements {
            containers: HashSet::new(),
            databases: host.map(|h| (BString::default(), h)).into_iter().collect(),
        }
    }

    /// Hands to `write` the events that must stand before this one: about its container, if that
    /// was not told of yet or more is known of it, and about users that appeared or vanished.
    ///
    /// # Errors
    /// Those of `write`.
    pub fn before<E>(
        &mut self,
        step: &Step<'_>,
        follower: &mut Follower,
        write: &mut dyn FnMut(&RawEvent<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut place = Place {
            ts: step.event.ts,
            cpu: step.event.cpu,
            write,
        };
        let container = match follower.identity(step) {
            Some(Identity::Container(container)) => Some(Arc::clone(container)),
            _ => None,
        };
        if let Some(container) = &container {
            // What is known of a container may grow after its first event.
            if container.name.is_some()
                && !self.containers.contains(&container.full_id)
                && self.containers.len() < MOST_CONTAINERS
            {
                self.containers.insert(container.full_id.clone());
                place.container(container)?;
            }
            self.users(container.id.as_ref(), follower.state(), &mut place)?;
        }
        self.users(BStr::new(""), follower.state(), &mut place)
    }

    /// Tells of the users and groups of a container if they changed.
    fn users<E>(
        &mut self,
        container: &BStr,
        state: &State,
        place: &mut Place<'_, E>,
    ) -> Result<(), E> {
        let Some(database) = state.users(container) else {
            return Ok(());
        };
        let told = self.databases.get(container);
        if told.is_some_and(|t| t.changed == database.changed())
            || (told.is_none() && self.databases.len() > MOST_CONTAINERS)
        {
            return Ok(());
        }
        let now = Told::of(database);
        let before = self
            .databases
            .insert(container.into(), Told::of(database))
            .unwrap_or_default();
        for uid in before.uids.iter().filter(|id| !now.uids.contains(id)) {
            let gone = User {
                uid: *uid,
                ..User::default()
            };
            place.user(EventType::USER_DELETED_E, &gone, container)?;
        }
        for gid in before.gids.iter().filter(|id| !now.gids.contains(id)) {
            let gone = Group {
                gid: *gid,
                ..Group::default()
            };
            place.group(EventType::GROUP_DELETED_E, &gone, container)?;
        }
        for user in database.users() {
            place.user(EventType::USER_ADDED_E, user, container)?;
        }
        for group in database.groups() {
            place.group(EventType::GROUP_ADDED_E, group, container)?;
        }
        Ok(())
    }
}

impl<E> Place<'_, E> {
    fn container(&mut self, container: &Container) -> Result<(), E> {
        let mut json = container.to_json();
        if json.len() > MOST_JSON {
            let brief = Container {
                labels: Vec::new(),
                mounts: Vec::new(),
                ..container.clone()
            };
            json = brief.to_json();
        }
        json.push(0);
        self.tell(EventType::CONTAINER_JSON_2_E, &[&json])
    }

    fn user(&mut self, ty: EventType, user: &User, container: &BStr) -> Result<(), E> {
        self.tell(
            ty,
            &[
                &user.uid.to_le_bytes(),
                &user.gid.to_le_bytes(),
                &text(&user.name),
                &text(&user.home),
                &text(&user.shell),
                &text(container),
            ],
        )
    }

    fn group(&mut self, ty: EventType, group: &Group, container: &BStr) -> Result<(), E> {
        let (name, container) = (text(&group.name), text(container));
        self.tell(ty, &[&group.gid.to_le_bytes(), &name, &container])
    }

    fn tell(&mut self, ty: EventType, params: &[&[u8]]) -> Result<(), E> {
        let mut record = Vec::new();
        // Of no thread. All parameters are of a bounded length.
        if encode(&mut record, ty, self.ts, -1, params).is_err() {
            return Ok(());
        }
        (self.write)(&RawEvent {
            cpu: self.cpu,
            state_only: true,
            counted: true,
            bytes: &record,
        })
    }
}

/// Text as a parameter.
fn text(text: &[u8]) -> Vec<u8> {
    [text.get(..MOST_TEXT).unwrap_or(text), b"\0"].concat()
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use lanner_container::Containers;
    use lanner_event::snapshot::{Snapshot, ThreadEntry, UserEntry};
    use lanner_event::testing::{EventBuilder, Record};
    use lanner_fields::Session;
    use lanner_state::Limits;

    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    /// A machine with a user, and a process in a container.
    fn follower() -> Follower {
        let inside = ThreadEntry {
            tid: 100,
            pid: 100,
            comm: "app".into(),
            cgroups: format!("memory=/docker/{ID}").into(),
            uid: 5,
            gid: 6,
            ..ThreadEntry::default()
        };
        let root = UserEntry {
            name: "root".into(),
            ..UserEntry::default()
        };
        let mut follower = Follower::new(
            State::new(Limits::default()),
            Containers::offline(),
            Session::default(),
        );
        follower.seed(Snapshot {
            threads: vec![inside],
            users: vec![root],
            ..Snapshot::default()
        });
        follower
    }

    /// Takes a record, and what is announced before it.
    fn take(
        announcements: &mut Announcements,
        follower: &mut Follower,
        record: &Record,
    ) -> Vec<Vec<u8>> {
        let step = follower.take(&record.raw()).unwrap();
        let mut told = Vec::new();
        let mut write = |raw: &RawEvent<'_>| -> Result<(), Infallible> {
            assert!(raw.state_only && raw.counted);
            told.push(raw.bytes.to_vec());
            Ok(())
        };
        let Ok(()) = announcements.before(&step, follower, &mut write);
        follower.settle();
        told
    }

    fn of_app() -> Record {
        EventBuilder::new(EventType::SYSCALL_GETCWD_X)
            .tid(100)
            .build()
    }

    fn user(ty: EventType, uid: u32, name: &str, container: &str) -> Record {
        EventBuilder::new(ty)
            .tid(-1)
            .with("uid", uid)
            .with("name", name)
            .with("home", "/home")
            .with("container_id", container)
            .build()
    }

    #[test]
    fn a_capture_is_told_of_containers_and_users_once_and_when_they_change() {
        let (mut first, mut second) = (follower(), follower());
        let mut announcements = Announcements::new(first.state());
        let mut check = |record: &Record, expect: &[EventType]| {
            let told = take(&mut announcements, &mut first, record);
            let types: Vec<EventType> = told
                .iter()
                .map(|bytes| lanner_event::Event::parse(bytes, 0, 0).unwrap().ty)
                .collect();
            assert_eq!(types, expect);
            for bytes in &told {
                let raw = RawEvent {
                    bytes,
                    ..record.raw()
                };
                second.take(&raw).unwrap();
            }
        };
        check(&of_app(), &[]);
        let json = format!(
            r#"{{"container":{{"id":"{}","full_id":"{ID}","type":0,"name":"web","image":"w:1"}}}}"#,
            &ID[..12]
        );
        let container = EventBuilder::new(EventType::CONTAINER_JSON_2_E)
            .with("json", &*json)
            .build();
        check(&container, &[]);
        check(&of_app(), &[EventType::CONTAINER_JSON_2_E]);
        check(&of_app(), &[]);
        let added = EventType::USER_ADDED_E;
        // Those of the host are told at any event.
        check(&user(added, 7, "new", ""), &[added, added]);
        check(&user(added, 5, "app", &ID[..12]), &[]);
        let group = EventBuilder::new(EventType::GROUP_ADDED_E)
            .with("gid", 6)
            .with("name", "apps")
            .with("container_id", &ID[..12])
            .build();
        check(&group, &[]);
        check(&of_app(), &[added, EventType::GROUP_ADDED_E]);
        let gone = EventType::USER_DELETED_E;
        check(&user(gone, 7, "", ""), &[gone, added]);

        let state = second.state();
        let named = |container: &str, uid| {
            let user = state.user(BStr::new(container), uid);
            user.map(|u| (u.name.to_string(), u.home.to_string()))
        };
        assert_eq!(named(&ID[..12], 5), Some(("app".into(), "/home".into())));
        assert_eq!(named("", 7), None);
        assert_eq!(named("", 0), Some(("root".into(), String::new())));
        assert_eq!(state.group(BStr::new(&ID[..12]), 6).unwrap().name, "apps");
        let record = of_app();
        let step = second.take(&record.raw()).unwrap();
        let Some(Identity::Container(container)) = second.identity(&step) else {
            panic!("no container");
        };
        assert_eq!(container.name.as_ref().unwrap(), "web");
    }
}
