// The words of the tables `rules` and `cursor` (src/ops/decoding_tables.ts says what they mean), and Whisper's rules on what may come next
// (openai/whisper decoding.py SuppressBlank, SuppressTokens, ApplyTimestampRules).
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

// The rules that depend on what was sampled, as ranges of tokens; suppressed ones are a bit mask beside.
struct Allowed {
  text: bool, // tokens below eot
  end: bool, // eot and what lies between it and the timestamps
  blank: bool,
  first_timestamp: u32,
  last_timestamp: u32,
}

fn allowed_next(
  sampled: u32, last: u32, penultimate: u32, timestamp: u32,
  timestamp_begin: u32, with_timestamps: bool, suppress_blank: bool, max_initial: u32,
) -> Allowed {
  var a = Allowed(true, true, !(suppress_blank && sampled == 0u), timestamp_begin, 0xffffffffu);
  if (!with_timestamps) { return a; }
  let after_timestamp = sampled >= 1u && last >= timestamp_begin;
  let after_pair = sampled < 2u || penultimate >= timestamp_begin;
  if (after_timestamp && after_pair) { a.first_timestamp = 0xffffffffu; }
  if (after_timestamp && !after_pair) { a.text = false; }
  if (timestamp > 0u) { a.first_timestamp = max(a.first_timestamp, timestamp + select(1u, 0u, after_timestamp && !after_pair)); }
  if (sampled == 0u) {
    a.text = false;
    a.end = false;
    a.last_timestamp = max_initial;
  }
  return a;
}

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
