//! For proving the formats, and for nothing else: every intermediate value of what was sealed. Behind the feature
//! `self-test`, which no build that a person uses has.

pub mod trace;
