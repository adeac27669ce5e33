//! Tests of the whole from outside, in one binary.

#[cfg(test)]
mod matching;
