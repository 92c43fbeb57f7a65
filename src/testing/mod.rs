//! `World`: engine, outbox, timers and HTTP on a virtual clock, for `test`, `chat` and our own tests. It runs the very code that `serve` runs.
