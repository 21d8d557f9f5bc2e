//! What readers that are older than a capture cannot stand, and how it is written so that they
//! can, and that nothing is lost for this one.
//!
//! The oldest reader that is still in distributions is sysdig 0.29 (of 2022, in Debian 12):
//!
//! * It skips event types that it does not know, and parameters beyond those that it knows.
//! * It looks the call behind a generic event up in a table of 329, whether the number is in there
//!   or not, and most often ends with a signal. A newer call is written as number 0 ("unknown"),
//!   with its number on x86-64 as the native one, from which Falco finds the name. What both were
//!   stands behind the parameters, where no reader looks but this one ([`hide`], [`restore`]).
//! * It refuses the whole capture for a descriptor of a type that it does not know. Such a one is
//!   written as unsupported, with its type behind the name, where the entry says that it is longer.

use lanner_event::{EventType, HEADER_LEN, Syscall};

use crate::metadata;

/// The first number of a call that sysdig 0.29 does not know.
const FIRST_NEW_CALL: u16 = 329;

/// Bytes of the record of a generic event as the probe and Falco write it: two parameters of two
/// bytes.
const GENERIC_LEN: usize = HEADER_LEN + 4 + 4;

/// Bytes of a record that [`hide`] made; two fewer if the call has no number on x86-64.
const HIDDEN_LEN: usize = GENERIC_LEN + 4;

/// Where the parameters of a generic event are.
const PARAMS: usize = HEADER_LEN + 4;

/// The record to be written in place of that of a generic event of a newer call; `None` for any
/// other.
#[inline]
pub(crate) fn hide(bytes: &[u8]) -> Option<Vec<u8>> {
    if u16_at(bytes, 20) != Some(EventType::GENERIC_X.0) || bytes.len() != GENERIC_LEN {
        return None;
    }
    let call = Syscall(u16_at(bytes, PARAMS)?);
    if call.0 < FIRST_NEW_CALL || lens(bytes) != Some([2, 2]) {
        return None;
    }
    let native = call.get().and_then(|call| call.x86_64);
    let mut out = bytes[..HEADER_LEN].to_vec();
    out.extend_from_slice(&2u16.to_le_bytes());
    out.extend_from_slice(&(if native.is_some() { 2u16 } else { 0 }).to_le_bytes());
    out.extend_from_slice(&0u16.to_le_bytes());
    if let Some(native) = native {
        out.extend_from_slice(&native.to_le_bytes());
    }
    out.extend_from_slice(&bytes[PARAMS..]);
    let len = out.len() as u32;
    out[16..20].copy_from_slice(&len.to_le_bytes());
    Some(out)
}

/// Makes a record what it was before [`hide`] if it comes from there: how many of its bytes are the
/// record then, at its beginning.
#[inline]
pub(crate) fn restore(bytes: &mut [u8]) -> Option<usize> {
    if ![HIDDEN_LEN, HIDDEN_LEN - 2].contains(&bytes.len()) {
        return None;
    }
    let hidden = bytes.len() - 4;
    let params = match lens(bytes)? {
        [2, 2] => PARAMS + 4,
        [2, 0] => PARAMS + 2,
        _ => return None,
    };
    if params != hidden || u16_at(bytes, PARAMS) != Some(0) {
        return None;
    }
    if u16_at(bytes, hidden)? < FIRST_NEW_CALL {
        return None;
    }
    bytes.copy_within(hidden.., PARAMS);
    bytes[HEADER_LEN + 2..PARAMS].copy_from_slice(&2u16.to_le_bytes());
    bytes[16..20].copy_from_slice(&(GENERIC_LEN as u32).to_le_bytes());
    Some(GENERIC_LEN)
}

/// The lengths of the two parameters of a generic event.
fn lens(bytes: &[u8]) -> Option<[u16; 2]> {
    let two = bytes.get(22..26)? == [2, 0, 0, 0];
    two.then_some([u16_at(bytes, HEADER_LEN)?, u16_at(bytes, HEADER_LEN + 2)?])
}

/// The type of a descriptor that is written in place of one that sysdig 0.29 does not know.
pub(crate) fn fd_type(ty: u8) -> u8 {
    match ty {
        metadata::fd_type::BPF..=metadata::fd_type::PIDFD => metadata::fd_type::UNSUPPORTED,
        known => known,
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use lanner_event::{Event, encode};

    use super::*;

    fn generic(call: u16, native: u16) -> Vec<u8> {
        let mut out = Vec::new();
        let params = [call.to_le_bytes(), native.to_le_bytes()];
        encode(&mut out, EventType::GENERIC_X, 7, 9, &params).unwrap();
        out
    }

    #[test]
    fn newer_calls_are_hidden_and_restored() {
        // rseq as 64-bit and as 32-bit programs call it, sigreturn of 32-bit programs, a call of
        // the future.
        for (call, native, shown) in [
            (380, 334, Some(334)),
            (380, 386, Some(334)),
            (410, 119, None),
            (9_999, 9_999, None),
        ] {
            let bytes = generic(call, native);
            let mut hidden = hide(&bytes).unwrap();
            let event = Event::parse(&hidden, 0, 0).unwrap();
            assert_eq!(event.uint(0), Some(0));
            assert_eq!(event.uint(1), shown);
            assert_eq!((event.ts, event.tid, event.nparams()), (7, 9, 2));
            let len = restore(&mut hidden).unwrap();
            assert_eq!(&hidden[..len], bytes);
        }
    }

    #[test]
    fn what_older_readers_know_is_left_as_it_is() {
        assert_eq!(hide(&generic(328, 435)), None);
        let mut other = Vec::new();
        let params = [&380u16.to_le_bytes()[..], &[]];
        encode(&mut other, EventType::GENERIC_X, 7, 9, &params).unwrap();
        assert_eq!(hide(&other), None);
        assert_eq!(hide(&[]), None);
    }

    #[test]
    fn what_was_not_hidden_is_not_restored() {
        // A number that an older writer did not know, and one that is known, with something behind
        // the parameters.
        let mut unknown = generic(0, 334);
        assert_eq!(restore(&mut unknown), None);
        for (call, behind) in [(0u16, 5u16), (16, 380)] {
            let mut bytes = generic(call, 334);
            bytes.extend(behind.to_le_bytes());
            bytes.extend([0, 0]);
            assert_eq!(restore(&mut bytes), None, "{call} {behind}");
        }
        for len in 0..60 {
            assert_eq!(restore(&mut vec![0; len]), None, "{len}");
        }
    }
}
