//! Images: their names, a store of them by digests, and how they get there.

mod archive;
mod config;
mod digest;
mod error;
mod layer;
mod reference;
mod registry;
mod store;
#[cfg(test)]
mod tests;

pub use config::{Defaults, ImageConfig, RootFs};
pub use error::ImageError;
pub use reference::{Reference, ReferenceError, is_digest};
pub use store::{Image, Listed, Store};
