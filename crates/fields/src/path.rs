//! Paths joined as text: `.` and `..` resolved without following symbolic links, no slash twice
//! and none at the end.

use bumpalo::Bump;
use bumpalo::collections::Vec;

/// The longest path that is built.
const MAX_PATH: usize = 1024;

/// What stands for a longer one, as in Falco.
const TOO_LONG: &[u8] = b"/DIR_TOO_LONG/FILENAME_TOO_LONG";

/// `path` relative to `base`, which is taken as it is and should end in a slash. An absolute path
/// stands alone; an empty one stays empty.
pub(crate) fn join<'a>(base: &[u8], path: &[u8], arena: &'a Bump) -> &'a [u8] {
    if base.len() + path.len() + 1 > MAX_PATH {
        return TOO_LONG;
    }
    let relative = path.first().is_some_and(|c| *c != b'/');
    let mut out = Vec::with_capacity_in(base.len() + path.len(), arena);
    if relative {
        out.extend_from_slice(base);
    }
    let based = !out.is_empty();
    let mut rest = path;
    while let Some(first) = rest.first() {
        let starts = out.last().is_none_or(|c| *c == b'/');
        if *first == b'/' {
            // Where `..` has eaten the whole base the result stays relative.
            let skip = match out.last() {
                Some(last) => *last == b'/',
                None => based,
            };
            if !skip {
                out.push(b'/');
            }
            rest = &rest[1..];
            continue;
        }
        let end = rest.iter().position(|c| *c == b'/').unwrap_or(rest.len());
        let (component, tail) = rest.split_at(end);
        rest = tail;
        match component {
            b"." | b".." if starts => {
                if component == b".." {
                    pop(&mut out);
                }
                rest = tail.strip_prefix(b"/").unwrap_or(tail);
            }
            _ => out.extend_from_slice(component),
        }
    }
    if out.len() > 1 && out.last() == Some(&b'/') {
        out.pop();
    }
    out.into_bump_slice()
}

/// Takes off the last component, leaving the slash before it.
fn pop(out: &mut Vec<'_, u8>) {
    if out.len() <= 1 {
        return;
    }
    out.pop();
    let keep = out.iter().rposition(|c| *c == b'/').map_or(0, |at| at + 1);
    out.truncate(keep);
}

/// `path` with every run of slashes made one.
pub(crate) fn squeeze<'a>(path: &'a [u8], arena: &'a Bump) -> &'a [u8] {
    if !path.windows(2).any(|pair| pair == b"//") {
        return path;
    }
    let mut out = Vec::with_capacity_in(path.len(), arena);
    for c in path {
        if *c != b'/' || out.last() != Some(&b'/') {
            out.push(*c);
        }
    }
    out.into_bump_slice()
}

#[cfg(test)]
mod tests {
    use bstr::BStr;

    use super::*;

    #[test]
    fn paths_join_as_text() {
        let check = |base: &str, path: &str, expect: &str| {
            let arena = Bump::new();
            let joined = join(base.as_bytes(), path.as_bytes(), &arena);
            assert_eq!(BStr::new(joined), BStr::new(expect), "{base} + {path}");
        };
        check("/home/me/", "a.txt", "/home/me/a.txt");
        check("/home/me/", "./a/../b/", "/home/me/b");
        check("/home/me/", "../../../etc/passwd", "/etc/passwd");
        check("/home/me/", "/etc//passwd", "/etc/passwd");
        check("/home/me/", "..", "/home");
        check("/home/me/", ".", "/home/me");
        check("/home/me/", ".hidden/..x", "/home/me/.hidden/..x");
        check("/", "", "");
        check("", "a/../b", "b");
        check("", "foo/../../a", "a");
        check(".", "/a/./b", "/a/b");
        check("<UNKNOWN>", "a", "<UNKNOWN>a");
        check("/", "/..", "/");
        let long = "x".repeat(1020);
        check("/abc/", &long, "/DIR_TOO_LONG/FILENAME_TOO_LONG");
    }

    #[test]
    fn repeated_slashes_are_squeezed() {
        let arena = Bump::new();
        assert_eq!(squeeze(b"/a/b", &arena), b"/a/b");
        assert_eq!(squeeze(b"//a///b//", &arena), b"/a/b/");
    }
}
