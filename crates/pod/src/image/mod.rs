//! Images.

mod reference;

pub use reference::{Reference, ReferenceError, is_digest};
