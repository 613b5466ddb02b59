// Whisper's rules on which token may come next, for kernels that import `rules` and bind `suppressed`, `rules` and `cursor`
// (openai/whisper decoding.py SuppressBlank, SuppressTokens, ApplyTimestampRules).

// The rules that depend on what was sampled, as ranges of tokens, and the ids they speak of; suppressed tokens are a bit mask beside.
struct Allowed {
  eot: u32,
  timestamp_begin: u32,
  no_timestamps: u32, // a token never sampled, or none
  blank_token: u32,
  text: bool, // tokens below eot
  end: bool, // eot and what lies between it and the timestamps
  blank: bool,
  first_timestamp: u32,
  last_timestamp: u32,
}

// For the sequence whose words of `cursor` begin at c.
fn allowed_next(c: u32) -> Allowed {
  let sampled = cursor[c + SAMPLED];
  let begin = rules[TIMESTAMP_BEGIN];
  let blank = !(rules[SUPPRESS_BLANK] != 0u && sampled == 0u);
  var a = Allowed(rules[EOT], begin, 0xffffffffu, rules[BLANK], true, true, blank, begin, 0xffffffffu);
  if (rules[WITH_TIMESTAMPS] == 0u) { return a; }
  a.no_timestamps = rules[NO_TIMESTAMPS];
  let timestamp = cursor[c + TIMESTAMP];
  let after_timestamp = sampled >= 1u && cursor[c + LAST] >= begin;
  let after_pair = sampled < 2u || cursor[c + PENULTIMATE] >= begin;
  if (after_timestamp && after_pair) { a.first_timestamp = 0xffffffffu; }
  if (after_timestamp && !after_pair) { a.text = false; }
  if (timestamp > 0u) { a.first_timestamp = max(a.first_timestamp, timestamp + select(1u, 0u, after_timestamp && !after_pair)); }
  if (sampled == 0u) {
    a.text = false;
    a.end = false;
    a.last_timestamp = rules[MAX_INITIAL];
  }
  return a;
}

fn is_allowed(token: u32, a: Allowed) -> bool {
  if (((suppressed[token / 32u] >> (token % 32u)) & 1u) == 1u || token == a.no_timestamps) { return false; }
  if (token >= a.timestamp_begin) { return token >= a.first_timestamp && token <= a.last_timestamp; }
  let is_blank = token == a.blank_token || token == a.eot;
  return select(a.end, a.text, token < a.eot) && (a.blank || !is_blank);
}
