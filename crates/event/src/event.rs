//! One event, decoded in place.

use bstr::{BStr, ByteSlice};

use crate::schema::{EventFlags, EventInfo, EventType};

/// Length of the header: ts `u64`, tid `u64`, len `u32`, type `u16`, nparams `u32`; packed.
pub const HEADER_LEN: usize = 26;

/// The most parameters that a record may declare.
pub const MAX_PARAMS: usize = 32;

/// Why bytes are not an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Fewer bytes than a header.
    #[error("{0} bytes are too few for an event header of {HEADER_LEN}")]
    Short(usize),
    /// The length in the header is not that of the record.
    #[error("the header says {header} bytes, the record has {record}")]
    Length {
        /// Length in the header.
        header: u32,
        /// Length of the record.
        record: usize,
    },
    /// More parameters than any event has.
    #[error("{0} parameters, at most {MAX_PARAMS} are possible")]
    TooManyParams(u32),
    /// The parameters are longer than the record.
    #[error("the lengths of {nparams} parameters do not fit in {record} bytes")]
    ParamLengths {
        /// Declared parameters.
        nparams: u32,
        /// Length of the record.
        record: usize,
    },
}

/// One event. It borrows the bytes it was decoded from.
#[derive(Clone, Copy)]
pub struct Event<'a> {
    /// Running number, from 1; 0 where it is not counted.
    pub num: u64,
    /// Nanoseconds since the epoch.
    pub ts: u64,
    /// The thread that caused it, in the initial pid namespace; −1 for events of no thread.
    pub tid: i64,
    /// The CPU it happened on.
    pub cpu: u16,
    /// Its type.
    pub ty: EventType,
    info: &'static EventInfo,
    bytes: &'a [u8],
    nparams: u8,
    /// `ends[i]` is the offset in `bytes` where parameter `i` ends; it begins where `i - 1` ends.
    ends: [u32; MAX_PARAMS],
    data: u32,
}

impl<'a> Event<'a> {
    /// Decodes the record in `bytes` (header, lengths, parameters).
    ///
    /// A type that this schema does not know decodes too: its parameters can be reached by
    /// position, and [`Event::info`] is that of the unused type.
    pub fn parse(bytes: &'a [u8], cpu: u16, num: u64) -> Result<Event<'a>, Malformed> {
        let Some((header, _)) = bytes.split_first_chunk::<HEADER_LEN>() else {
            return Err(Malformed::Short(bytes.len()));
        };
        let len = u32_at(header, 16);
        if len as usize != bytes.len() {
            return Err(Malformed::Length {
                header: len,
                record: bytes.len(),
            });
        }
        let ty = EventType(u16::from_le_bytes([header[20], header[21]]));
        let nparams = u32_at(header, 22);
        if nparams as usize > MAX_PARAMS {
            return Err(Malformed::TooManyParams(nparams));
        }
        let bad = Malformed::ParamLengths {
            nparams,
            record: bytes.len(),
        };
        let info = ty.info();
        let count = nparams as usize;
        let mut ends = [0u32; MAX_PARAMS];
        let data;
        if info.has(EventFlags::LARGE_PAYLOAD) {
            data = HEADER_LEN + 4 * count;
            let lens = bytes.get(HEADER_LEN..data).ok_or(bad)?;
            let mut end = data as u64;
            for (slot, len) in ends.iter_mut().zip(lens.chunks_exact(4)) {
                end += u64::from(u32::from_le_bytes([len[0], len[1], len[2], len[3]]));
                *slot = u32::try_from(end).map_err(|_| bad)?;
            }
            if end > bytes.len() as u64 {
                return Err(bad);
            }
        } else {
            data = HEADER_LEN + 2 * count;
            let lens = bytes.get(HEADER_LEN..data).ok_or(bad)?;
            let mut end = data as u32;
            for (slot, len) in ends.iter_mut().zip(lens.chunks_exact(2)) {
                end += u32::from(u16::from_le_bytes([len[0], len[1]]));
                *slot = end;
            }
            if end as usize > bytes.len() {
                return Err(bad);
            }
        }
        Ok(Event {
            num,
            ts: u64_at(header, 0),
            tid: u64_at(header, 8) as i64,
            cpu,
            ty,
            info,
            bytes,
            nparams: nparams as u8,
            ends,
            data: data as u32,
        })
    }

    /// What the schema says of its type.
    #[inline]
    pub fn info(&self) -> &'static EventInfo {
        self.info
    }

    /// The whole record: header, lengths, parameters.
    #[inline]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// How many parameters the record carries.
    #[inline]
    pub fn nparams(&self) -> usize {
        usize::from(self.nparams)
    }

    /// Parameter `index`, or `None` if the record has fewer; an empty slice means "no value".
    #[inline]
    pub fn param(&self, index: usize) -> Option<&'a [u8]> {
        if index >= self.nparams() {
            return None;
        }
        let start = if index == 0 {
            self.data
        } else {
            self.ends[index - 1]
        };
        self.bytes.get(start as usize..self.ends[index] as usize)
    }

    /// Parameter `index` if it is there and not empty.
    #[inline]
    pub fn value(&self, index: usize) -> Option<&'a [u8]> {
        self.param(index).filter(|p| !p.is_empty())
    }

    /// The parameter called `name`, if it is there and not empty.
    pub fn value_named(&self, name: &str) -> Option<&'a [u8]> {
        self.value(self.info.param(name)?)
    }

    /// All parameters in order.
    pub fn params(&self) -> ParamIter<'_, 'a> {
        ParamIter {
            event: self,
            next: 0,
        }
    }

    /// Parameter `index` as a signed number of its own width (1, 2, 4 or 8 bytes).
    #[inline]
    pub fn int(&self, index: usize) -> Option<i64> {
        match *self.param(index)? {
            [a] => Some(i64::from(a as i8)),
            [a, b] => Some(i64::from(i16::from_le_bytes([a, b]))),
            [a, b, c, d] => Some(i64::from(i32::from_le_bytes([a, b, c, d]))),
            [a, b, c, d, e, f, g, h] => Some(i64::from_le_bytes([a, b, c, d, e, f, g, h])),
            _ => None,
        }
    }

    /// Parameter `index` as an unsigned number of its own width (1, 2, 4 or 8 bytes).
    #[inline]
    pub fn uint(&self, index: usize) -> Option<u64> {
        match *self.param(index)? {
            [a] => Some(u64::from(a)),
            [a, b] => Some(u64::from(u16::from_le_bytes([a, b]))),
            [a, b, c, d] => Some(u64::from(u32::from_le_bytes([a, b, c, d]))),
            [a, b, c, d, e, f, g, h] => Some(u64::from_le_bytes([a, b, c, d, e, f, g, h])),
            _ => None,
        }
    }

    /// Parameter `index` as text up to its first NUL; `None` if it is absent or empty.
    #[inline]
    pub fn text(&self, index: usize) -> Option<&'a BStr> {
        let bytes = self.value(index)?;
        Some(
            bytes
                .find_byte(0)
                .map_or(bytes, |nul| &bytes[..nul])
                .as_bstr(),
        )
    }
}

impl std::fmt::Debug for Event<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut map = f.debug_struct(self.info.symbol);
        map.field("num", &self.num)
            .field("ts", &self.ts)
            .field("tid", &self.tid);
        for (i, value) in self.params().enumerate() {
            let name = self.info.params.get(i).map_or("?", |p| p.name);
            map.field(name, &value.as_bstr());
        }
        map.finish()
    }
}

/// The parameters of an event in order.
pub struct ParamIter<'e, 'a> {
    event: &'e Event<'a>,
    next: usize,
}

impl<'a> Iterator for ParamIter<'_, 'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let item = self.event.param(self.next)?;
        self.next += 1;
        Some(item)
    }
}

fn u32_at(bytes: &[u8; HEADER_LEN], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn u64_at(bytes: &[u8; HEADER_LEN], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::encode;

    fn record(ty: EventType, params: &[&[u8]]) -> Vec<u8> {
        let mut out = Vec::new();
        encode(&mut out, ty, 7, 42, params).unwrap();
        out
    }

    #[test]
    fn parameters_are_reached_by_position_name_and_width() {
        let bytes = record(
            EventType::SYSCALL_OPENAT_2_X,
            &[
                &3i64.to_le_bytes(),
                &(-100i64).to_le_bytes(),
                b"/etc/passwd\0",
                &[],
                &0u32.to_le_bytes(),
            ],
        );
        let event = Event::parse(&bytes, 1, 9).unwrap();
        assert_eq!((event.ts, event.tid, event.cpu, event.num), (7, 42, 1, 9));
        assert_eq!(event.int(0), Some(3));
        assert_eq!(event.int(1), Some(-100));
        assert_eq!(event.text(2).unwrap(), "/etc/passwd");
        assert_eq!(event.value_named("name"), Some(&b"/etc/passwd\0"[..]));
        assert_eq!(event.param(3), Some(&b""[..]));
        assert_eq!(event.value(3), None);
        assert_eq!(event.uint(4), Some(0));
        assert_eq!(event.param(5), None);
        assert_eq!(event.params().count(), 5);
    }

    #[test]
    fn every_cut_of_a_record_is_an_error_value() {
        let bytes = record(
            EventType::SYSCALL_CLOSE_X,
            &[&0i64.to_le_bytes(), &3i64.to_le_bytes()],
        );
        for cut in 0..bytes.len() {
            assert!(Event::parse(&bytes[..cut], 0, 0).is_err(), "{cut}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if bytes.len() >= HEADER_LEN {
                let len = bytes.len() as u32;
                bytes[16..20].copy_from_slice(&len.to_le_bytes());
                bytes[23..26].fill(0);
            }
            if let Ok(event) = Event::parse(&bytes, 0, 0) {
                prop_assert!(event.params().map(<[u8]>::len).sum::<usize>() <= bytes.len());
            }
        }
    }
}
