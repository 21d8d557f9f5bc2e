//! The object and this crate agree.

use std::collections::BTreeMap;

use libbpf_rs::HasSize;
use libbpf_rs::btf::Btf;
use libbpf_rs::btf::types::Struct;

use crate::layout::SHARED;
use crate::loader::object_bytes;

fn object() -> (tempfile::NamedTempFile, Btf<'static>) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), object_bytes()).unwrap();
    let btf = Btf::from_path(file.path()).unwrap();
    (file, btf)
}

#[test]
fn shared_structs_have_the_same_layout_on_both_sides() {
    let (_file, btf) = object();
    for (name, size, members) in SHARED {
        let theirs: Struct<'_> = btf.type_by_name(name).unwrap_or_else(|| panic!("{name}"));
        assert_eq!(theirs.size(), *size, "{name}");
        let offsets: BTreeMap<String, usize> = theirs
            .iter()
            .map(|m| {
                let name = m.name.unwrap().to_string_lossy().into_owned();
                let libbpf_rs::btf::types::MemberAttr::Normal { offset } = m.attr else {
                    panic!("bit field {name}");
                };
                (name, offset as usize / 8)
            })
            .collect();
        let ours: BTreeMap<String, usize> =
            members.iter().map(|(n, o)| ((*n).to_owned(), *o)).collect();
        assert_eq!(ours, offsets, "{name}");
    }
}
