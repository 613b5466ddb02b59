// The words of the tables `rules` and `cursor` (src/ops/decoding_tables.ts says what they mean), and random numbers.
const EOT = 0u;
const TIMESTAMP_BEGIN = 1u;
const NO_TIMESTAMPS = 2u;
const BLANK = 3u;
const WITH_TIMESTAMPS = 4u;
const SUPPRESS_BLANK = 5u;
const MAX_INITIAL = 6u; // highest first timestamp's token
const TEMPERATURE = 7u; // f32
const SEED = 8u;

const CURSOR = 8u; // words a sequence
const SAMPLED = 0u;
const LAST = 1u;
const PENULTIMATE = 2u;
const TIMESTAMP = 3u; // latest timestamp token, 0 before the first
const SUM_LOGPROB = 4u; // f32
const NO_SPEECH = 5u; // f32

// Uniform in (0, 1) for a counter, the same on every adapter.
fn uniform_at(seed: u32, sequence: u32, step: u32, token: u32) -> f32 {
  let h = mixed(token ^ mixed(step ^ mixed(sequence ^ mixed(seed))));
  return (f32(h >> 8u) + 0.5) / 16777216.0;
}

fn mixed(x: u32) -> u32 {
  var h = x + 0x9e3779b9u;
  h = (h ^ (h >> 16u)) * 0x21f0aaadu;
  h = (h ^ (h >> 15u)) * 0x735a2d97u;
  return h ^ (h >> 15u);
}
