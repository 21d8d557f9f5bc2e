//! The scheme: all fields, and how those of the event type select kinds of events.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use lanner_filter::Scheme;
use lanner_filter::scheme::{FieldClass, KindField, KindsOf};

use crate::field::{field, ty};
use crate::{Settings, kinds, table};

/// Fields whose values select kinds of events.
const KIND_FIELDS: [(&str, KindsOf); 3] = [
    ("evt.type", kinds::with_type),
    ("syscall.type", kinds::with_syscall_type),
    ("evt.dir", kinds::with_dir),
];

/// The fields that conditions and outputs may name, in the order in which they are listed.
pub fn scheme() -> Scheme {
    let mut scheme = Scheme::new();
    for (number, (class, fields)) in table::classes().into_iter().enumerate() {
        scheme.classes.push(class);
        for field in fields {
            scheme.add(field.def(number as u16));
        }
    }
    for (name, kinds_of) in KIND_FIELDS {
        if let Some(field) = scheme.by_name(name) {
            scheme.kind_fields.push(KindField { field, kinds_of });
        }
    }
    scheme.all_kinds = Some(kinds::all());
    scheme
}

/// [`scheme`] with the `static.*` fields of the configuration.
pub fn scheme_for(settings: &Settings) -> Scheme {
    let mut scheme = scheme();
    if settings.statics.is_empty() {
        return scheme;
    }
    let class = scheme.classes.len() as u16;
    scheme.classes.push(FieldClass {
        name: "static",
        qualifier: "",
        desc: "Fields with fixed values from the configuration.",
        sources: table::SYSCALL_SOURCE,
    });
    for (name, _) in &settings.statics {
        let name = permanent(format!("static.{name}"));
        let desc = "Set in the configuration.";
        // Values are in the settings, by position.
        scheme.add(
            field(name, ty::STR, desc, |_, _, _| None)
                .suggested()
                .def(class),
        );
    }
    scheme
}

/// A name that lives as long as the program; asked for again, it is the same.
fn permanent(name: String) -> &'static str {
    static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = names.get(name.as_str()) {
        return known;
    }
    let name: &'static str = name.leak();
    names.insert(name);
    name
}

#[cfg(test)]
mod tests {
    use lanner_event::schema::Syscall;
    use lanner_filter::{KindId, KindSet};

    use super::*;

    #[test]
    fn every_name_is_there_once_and_reaches_its_field() {
        let scheme = scheme();
        for (id, def) in scheme.fields() {
            assert_eq!(scheme.by_name(def.name), Some(id), "{}", def.name);
            assert!(usize::from(def.class) < scheme.classes.len());
            assert!(!def.desc.is_empty(), "{}", def.name);
        }
        assert_eq!(scheme.kind_fields.len(), KIND_FIELDS.len());
    }

    #[test]
    fn static_fields_are_added_and_suggested() {
        let settings = Settings {
            statics: vec![("cluster".into(), "north".into())],
            ..Settings::default()
        };
        let scheme = scheme_for(&settings);
        let def = scheme.def(scheme.by_name("static.cluster").unwrap());
        assert!(def.flags.suggested);
        assert_eq!(scheme.classes[usize::from(def.class)].name, "static");
        assert!(std::ptr::eq(permanent("a".into()), permanent("a".into())));
    }

    fn kinds(field: &str, value: &str) -> Option<KindSet> {
        let scheme = scheme();
        let id = scheme.by_name(field);
        let kind_field = scheme.kind_fields.iter().find(|k| Some(k.field) == id);
        kind_field.and_then(|k| (k.kinds_of)(value))
    }

    #[test]
    fn event_names_select_kinds() {
        let check = |field: &str, value: &str, expect: &[u16]| {
            let found = kinds(field, value).map(|set| set.iter().map(|k| k.0).collect::<Vec<_>>());
            assert_eq!(found.as_deref(), Some(expect), "{field}={value}");
        };
        let call = |name: &str| 512 + Syscall::by_name(name).unwrap().0;
        check("evt.type", "openat", &[102, 103, 306, 307, call("openat")]);
        check("evt.type", "getpid", &[call("getpid")]);
        check("evt.type", "procexit", &[16, 186]);
        check("syscall.type", "procexit", &[]);
        check("syscall.type", "getpid", &[call("getpid")]);
        check("syscall.type", "nonsense", &[]);
        check("evt.dir", "in", &[]);
        assert!(
            kinds("evt.type", "container")
                .unwrap()
                .contains(KindId(460))
        );
        assert_eq!(kinds("evt.type", "nonsense"), None);
    }

    #[test]
    fn every_kind_is_on_one_side_of_evt_dir() {
        let (enter, exit) = (
            kinds("evt.dir", ">").unwrap(),
            kinds("evt.dir", "<").unwrap(),
        );
        assert!(enter.intersection(&exit).is_empty());
        assert_eq!(scheme().all_kinds, Some(enter.union(&exit)));
    }
}
