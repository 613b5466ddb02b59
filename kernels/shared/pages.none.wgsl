// Every sequence has a cache of its own.
fn page(sequence: u32, t: u32, context: u32) -> u32 {
  return sequence;
}
