//! In the making.

pub mod config;
pub mod dotenv;
pub mod endpoint;
pub mod scan_path;
