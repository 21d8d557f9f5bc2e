//! The record of an event from its type and parameters: the opposite of [`Event::parse`].
//!
//! [`Event::parse`]: crate::Event::parse

use crate::event::HEADER_LEN;
use crate::schema::{EventFlags, EventType};

/// A parameter that is longer than its length can say, or parameters that are together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{len} bytes of parameters of {symbol} do not fit in a record")]
pub struct TooLong {
    /// The symbol of the type.
    pub symbol: &'static str,
    /// Bytes of the parameter that is too long, or of all together.
    pub len: usize,
}

/// Appends the record of an event at `ts` (nanoseconds since the epoch) of thread `tid` (−1: of
/// none) with these parameters, in wire order. What may follow the ones given counts as empty.
///
/// Lengths are 32 bits wide in types with [`EventFlags::LARGE_PAYLOAD`], 16 bits in others.
///
/// # Errors
/// The lengths have no room for what is given. Nothing is appended.
pub fn encode<P: AsRef<[u8]>>(
    out: &mut Vec<u8>,
    ty: EventType,
    ts: u64,
    tid: i64,
    params: &[P],
) -> Result<(), TooLong> {
    let info = ty.info();
    let (width, most) = match info.has(EventFlags::LARGE_PAYLOAD) {
        true => (4, u32::MAX as usize),
        false => (2, usize::from(u16::MAX)),
    };
    let too_long = |len| TooLong {
        symbol: info.symbol,
        len,
    };
    let mut total = HEADER_LEN + width * params.len();
    for len in params.iter().map(|p| p.as_ref().len()) {
        if len > most {
            return Err(too_long(len));
        }
        total += len;
    }
    let len = u32::try_from(total).map_err(|_| too_long(total))?;
    out.reserve(total);
    out.extend_from_slice(&ts.to_le_bytes());
    out.extend_from_slice(&tid.to_le_bytes());
    out.extend_from_slice(&len.to_le_bytes());
    out.extend_from_slice(&ty.0.to_le_bytes());
    out.extend_from_slice(&(params.len() as u32).to_le_bytes());
    for param in params {
        out.extend_from_slice(&(param.as_ref().len() as u32).to_le_bytes()[..width]);
    }
    for param in params {
        out.extend_from_slice(param.as_ref());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Event;

    proptest! {
        #[test]
        fn what_is_encoded_is_parsed(
            ty in proptest::sample::select(EventType::all().collect::<Vec<_>>()),
            ts in any::<u64>(),
            tid in any::<i64>(),
            params in proptest::collection::vec(
                proptest::collection::vec(any::<u8>(), 0..300),
                0..crate::MAX_PARAMS,
            ),
        ) {
            let mut bytes = Vec::new();
            encode(&mut bytes, ty, ts, tid, &params).unwrap();
            let event = Event::parse(&bytes, 3, 4).unwrap();
            prop_assert_eq!((event.ty, event.ts, event.tid), (ty, ts, tid));
            let parsed: Vec<&[u8]> = event.params().collect();
            prop_assert_eq!(parsed, params);
        }
    }

    #[test]
    fn what_its_length_cannot_say_is_refused() {
        let long = vec![0; 1 << 16];
        let mut out = vec![7];
        let refused = encode(
            &mut out,
            EventType::SYSCALL_READ_X,
            1,
            1,
            &[&b""[..], &long],
        );
        assert_eq!(
            refused.unwrap_err().to_string(),
            "65536 bytes of parameters of syscall_read_x do not fit in a record"
        );
        assert_eq!(out, [7]);
        // Its lengths are wider.
        assert!(encode(&mut out, EventType::ASYNCEVENT_E, 1, 1, &[&long]).is_ok());
    }
}
