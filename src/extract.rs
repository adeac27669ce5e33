//! x
mod charset;
mod entities;
mod lexer;
pub mod text;
