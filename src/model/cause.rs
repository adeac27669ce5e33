//! The causes of an error, as libraries hand them out.

use std::{error::Error, io, iter};

/// Walks from an error to its first cause, into I/O errors too, which hide the error they carry.
pub fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    iter::successors(Some(error), |error| behind(*error))
}

fn behind<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(carried) => Some(carried),
        None => error.source(),
    }
}

/// Returns the first error of this type among the error and its causes.
pub fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    causes(error).find_map(|cause| cause.downcast_ref::<T>())
}

/// Returns the kinds of the I/O errors among the error and its causes.
pub fn io_kinds<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = io::ErrorKind> {
    causes(error).filter_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::class::UnknownName;

    #[test]
    fn a_cause_is_found_inside_io_errors() {
        let nested = io::Error::other(io::Error::other(UnknownName("x".to_owned())));
        assert_eq!(find::<UnknownName>(&nested).map(|name| name.0.as_str()), Some("x"));
        assert!(find::<UnknownName>(&io::Error::other("no")).is_none());
        let kinds: Vec<_> = io_kinds(&nested).collect();
        assert_eq!(kinds, [io::ErrorKind::Other, io::ErrorKind::Other]);
    }
}
