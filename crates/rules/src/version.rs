//! Versions of the engine and of plugins.

use std::fmt;

/// A version as Falco counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// Incompatible changes.
    pub major: u32,
    /// Additions.
    pub minor: u32,
    /// Repairs.
    pub patch: u32,
}

impl Version {
    /// The version of Falco's engine whose rules this engine takes: that of Falco 0.44.
    pub const ENGINE: Version = Version {
        major: 0,
        minor: 62,
        patch: 0,
    };

    /// Reads `x.y.z`; what follows is ignored.
    pub fn parse(text: &str) -> Option<Version> {
        let mut numbers = text.splitn(3, '.').map(|part| {
            let end = part
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(part.len());
            (part[..end].parse::<u32>().ok(), end == part.len())
        });
        let (Some(major), true) = numbers.next()? else {
            return None;
        };
        let (Some(minor), true) = numbers.next()? else {
            return None;
        };
        let (Some(patch), _) = numbers.next()? else {
            return None;
        };
        Some(Version {
            major,
            minor,
            patch,
        })
    }

    /// Whether something of this version does where `required` is asked for.
    pub fn satisfies(self, required: Version) -> bool {
        self.major == required.major && self >= required
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}
