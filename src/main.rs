//! Parses arguments and calls `cli`.

use std::process::ExitCode;

/// A message takes some hundred small allocations; this allocator spends a third of the system's time on them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    frontdesk::cli::main()
}
