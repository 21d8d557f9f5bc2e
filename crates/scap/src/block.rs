//! The blocks that a capture is made of (§8.1 of the interface).

/// The longest event block that is read, in bytes. Falco writes at most 64 KiB, except for
/// descriptions of containers and the like.
pub const MAX_EVENT_BLOCK: u32 = 16 << 20;

/// The most that is read of the blocks before the first event of a section, in bytes. In memory,
/// entries take up to eight times their size in the file.
pub const MAX_METADATA: u64 = 128 << 20;

/// Block type and length before the body.
pub(crate) const HEAD: usize = 8;
/// The length again, after the body.
pub(crate) const TAIL: usize = 4;

pub(crate) const SECTION: u32 = 0x0a0d_0d0a;
pub(crate) const SECTION_MAGIC: u32 = 0x1a2b_3c4d;
pub(crate) const MAJOR: u16 = 1;
pub(crate) const MINOR: u16 = 2;

pub(crate) const MACHINE: u32 = 0x201;
pub(crate) const INTERFACES_V2: u32 = 0x219;
pub(crate) const USERS_V2: u32 = 0x220;
pub(crate) const THREADS_V9: u32 = 0x215;
pub(crate) const FDS_V2: u32 = 0x218;
pub(crate) const EVENT_V2: u32 = 0x216;
pub(crate) const EVENT_FLAGS_V2: u32 = 0x217;
pub(crate) const EVENT_V2_LARGE: u32 = 0x221;
pub(crate) const EVENT_FLAGS_V2_LARGE: u32 = 0x222;

/// What a block holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Block {
    Section,
    Machine,
    /// Threads; the version of the entries, 1 to 9.
    Threads(u8),
    /// File descriptors; whether entries begin with their length.
    Fds {
        lengths: bool,
    },
    Interfaces {
        lengths: bool,
    },
    Users {
        lengths: bool,
    },
    Event {
        /// A 32-bit word of flags stands between the CPU and the event.
        flags: bool,
        /// The header of the event holds its number of parameters.
        nparams: bool,
    },
    Unknown,
}

impl Block {
    /// What a block of this type holds. Types that end in `abcd` are those of a private form of
    /// the format that was used before it was published.
    #[inline]
    pub(crate) fn of(kind: u32) -> Block {
        match kind {
            EVENT_V2 | EVENT_V2_LARGE => Block::Event {
                flags: false,
                nparams: true,
            },
            EVENT_FLAGS_V2 | EVENT_FLAGS_V2_LARGE => Block::Event {
                flags: true,
                nparams: true,
            },
            0x204 | 0x8010_abcd => Block::Event {
                flags: false,
                nparams: false,
            },
            0x208 => Block::Event {
                flags: true,
                nparams: false,
            },
            SECTION => Block::Section,
            MACHINE | 0x8002_abcd => Block::Machine,
            0x202 | 0x8000_abcd => Block::Threads(1),
            0x207 | 0x8013_abcd => Block::Threads(2),
            0x209 | 0x8014_abcd => Block::Threads(3),
            0x210 => Block::Threads(4),
            0x211 => Block::Threads(5),
            0x212 => Block::Threads(6),
            0x213 => Block::Threads(7),
            0x214 => Block::Threads(8),
            THREADS_V9 => Block::Threads(9),
            0x203 | 0x8001_abcd => Block::Fds { lengths: false },
            FDS_V2 => Block::Fds { lengths: true },
            0x205 | 0x8011_abcd => Block::Interfaces { lengths: false },
            INTERFACES_V2 => Block::Interfaces { lengths: true },
            0x206 | 0x8012_abcd => Block::Users { lengths: false },
            USERS_V2 => Block::Users { lengths: true },
            _ => Block::Unknown,
        }
    }
}
