//! Other people's engines as judges of ours, on generated worlds.

mod coming;
mod compare;
mod depth;
mod engine;
mod fga;
mod sheet;
mod spicedb;
mod text;
mod wild;
