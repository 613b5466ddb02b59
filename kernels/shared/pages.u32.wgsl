// Sequences share cached positions: of each position, whose cache holds it.
@group(0) @binding(6) var<storage, read_write> pages: array<u32>; // [sequences, context]

fn page(sequence: u32, t: u32, context: u32) -> u32 {
  return pages[sequence * context + t];
}
