//! Paths as `fd.name` prints them: joined with a directory, `.` and `..` resolved by text alone
//! (no symbolic link is followed), no slash twice and none at the end.

/// The longest path that is kept; Falco prints a fixed text for longer ones.
const MAX_PATH: usize = 1024;

/// What stands for a path that is too long.
const TOO_LONG: &[u8] = b"/DIR_TOO_LONG/FILENAME_TOO_LONG";

/// Writes `path`, relative to `base` unless it is absolute, to `out`.
///
/// `base` is taken as it is and should end in a slash; an empty `path` gives an empty result.
pub(crate) fn join(base: &[u8], path: &[u8], out: &mut Vec<u8>) {
    out.clear();
    if base.len() + path.len() + 1 > MAX_PATH {
        out.extend_from_slice(TOO_LONG);
        return;
    }
    let relative = path.first().is_some_and(|c| *c != b'/');
    if relative {
        out.extend_from_slice(base);
    }
    let starts_plain = !path.starts_with(b".") && (!relative || base.ends_with(b"/"));
    if starts_plain && !has_pair(path, |next| next == b'/' || next == b'.') {
        // Nothing to resolve, as with most paths.
        out.extend_from_slice(path);
        if out.len() > 1 && out.last() == Some(&b'/') {
            out.pop();
        }
        return;
    }
    let based = !out.is_empty();
    let mut rest = path;
    loop {
        // `rest` is at the start of a component here.
        match rest {
            [] => break,
            [b'/', tail @ ..] => {
                let skip = match out.last() {
                    Some(last) => *last == b'/',
                    None => based,
                };
                if !skip {
                    out.push(b'/');
                }
                rest = tail;
                continue;
            }
            _ => {}
        }
        let end = memchr(rest).unwrap_or(rest.len());
        let (component, tail) = rest.split_at(end);
        let at_start = out.last().is_none_or(|c| *c == b'/');
        match component {
            b"." if at_start => rest = tail.strip_prefix(b"/").unwrap_or(tail),
            b".." if at_start => {
                up(out);
                rest = tail.strip_prefix(b"/").unwrap_or(tail);
            }
            _ => {
                out.extend_from_slice(component);
                rest = tail;
            }
        }
    }
    if out.len() > 1 && out.last() == Some(&b'/') {
        out.pop();
    }
}

/// Removes the last component, keeping the slash before it.
fn up(out: &mut Vec<u8>) {
    if out.len() <= 1 {
        return;
    }
    out.pop();
    let keep = out
        .iter()
        .rposition(|c| *c == b'/')
        .map_or(0, |slash| slash + 1);
    out.truncate(keep);
}

/// Writes `path` to `out` with repeated slashes made one.
pub(crate) fn squeeze(path: &[u8], out: &mut Vec<u8>) {
    out.clear();
    if !has_pair(path, |next| next == b'/') {
        out.extend_from_slice(path);
        return;
    }
    for &c in path {
        if c != b'/' || out.last() != Some(&b'/') {
            out.push(c);
        }
    }
}

/// Whether a slash is followed by one of these. Looks at all of the text, which is faster than
/// stopping early: it compiles to vector instructions.
fn has_pair(text: &[u8], next: impl Fn(u8) -> bool) -> bool {
    let pairs = text.iter().zip(text.iter().skip(1));
    pairs.fold(false, |found, (a, b)| found | ((*a == b'/') & next(*b)))
}

fn memchr(bytes: &[u8]) -> Option<usize> {
    bstr::ByteSlice::find_byte(bytes, b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(base: &str, path: &str, expect: &str) {
        let mut out = Vec::new();
        join(base.as_bytes(), path.as_bytes(), &mut out);
        assert_eq!(
            bstr::BStr::new(&out),
            bstr::BStr::new(expect.as_bytes()),
            "{base} + {path}"
        );
    }

    #[test]
    fn joins_as_upstream_does() {
        check("/home/u/", "/etc/passwd", "/etc/passwd");
        check("/home/u/", "x", "/home/u/x");
        check("/home/u/", "./x", "/home/u/x");
        check("/home/u/", "../x", "/home/x");
        check("/home/u/", "..", "/home");
        check("/home/u/", ".", "/home/u");
        check("/home/u/", "../../../../x", "/x");
        check("/home/u/", "a//b///c/", "/home/u/a/b/c");
        check("/", "..", "/");
        check("/", "/", "/");
        check("/", "//", "/");
        check("", "/a/../..", "/");
        check("", "/a/./b/../c", "/a/c");
        check("", "a/b", "a/b");
        check("", "", "");
        check("/x/", "", "");
        check("/x/", "...", "/x/...");
        check("/x/", "..a", "/x/..a");
        check("/x/", ".hidden", "/x/.hidden");
        check("/x/", "<NA>", "/x/<NA>");
        check("foo", "/../a", "/a");
        check("/x/", "a/", "/x/a");
        check("<UNKNOWN>", "y", "<UNKNOWN>y");
        check("/x", ".", "/x.");
        check("", "foo/../a", "a");
    }

    #[test]
    fn a_path_that_is_too_long_is_replaced() {
        check("/", &"a".repeat(1023), "/DIR_TOO_LONG/FILENAME_TOO_LONG");
        check("/", &"a".repeat(1022), &format!("/{}", "a".repeat(1022)));
    }

    #[test]
    fn repeated_slashes_become_one() {
        let mut out = Vec::new();
        squeeze(b"//a//b/", &mut out);
        assert_eq!(out, b"/a/b/");
        squeeze(b"a/b", &mut out);
        assert_eq!(out, b"a/b");
    }
}
