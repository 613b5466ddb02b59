// Whisper's rules and a first reduction of the logits: for each run of up to 128 tokens, among text (and specials) and among timestamps
// apart, the best token, its value and logit, the highest logit and the sum of exp(logit - highest). Run r is every `runs`-th token from r
// on, so neighbours read neighbours. One invocation: one run of one sequence. With a temperature the value is logit / temperature + Gumbel
// noise, whose maximum is a sample.
//#import rules
//#import is_allowed

struct Params {
  n_vocab: u32,
  stride: u32, // logits of a sequence, padding included
  runs: u32,
  n_sequences: u32,
  sequences: u32, // that listen to one audio: noise is counted among them
  filtered: u32, // 0: no rules, the bare distribution
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> logits: array<f32>; // [n_sequences, stride]
@group(0) @binding(2) var<storage, read_write> suppressed: array<u32>; // [n_vocab / 32] bits
@group(0) @binding(3) var<storage, read_write> rules: array<u32>; // [16]
@group(0) @binding(4) var<storage, read_write> cursor: array<u32>; // [n_sequences, 8]
@group(0) @binding(5) var<storage, read_write> y: array<f32>; // [n_sequences, runs, 2, 5] value, token, logit, highest, sum

struct Best {
  value: f32,
  token: u32,
  logit: f32,
  highest: f32,
  sum: f32,
}

fn better(b: Best, token: u32, logit: f32, value: f32) -> Best {
  let rise = logit - b.highest;
  let e = exp(-abs(rise)); // of the lower of the two, as the higher one's is 1
  let sum = select(b.sum + e, b.sum * e + 1.0, rise > 0.0);
  let wins = value > b.value; // the first of equals stays
  return Best(
    select(b.value, value, wins), select(b.token, token, wins), select(b.logit, logit, wins), max(b.highest, logit), sum,
  );
}

fn store(i: u32, b: Best) {
  y[i] = b.value;
  y[i + 1u] = f32(b.token);
  y[i + 2u] = b.logit;
  y[i + 3u] = b.highest;
  y[i + 4u] = b.sum;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let run = id.x;
  let s = id.y;
  if (run >= params.runs) { return; }
  let allowed = allowed_next(s * CURSOR);
  let begin = allowed.timestamp_begin;
  let first = begin + (run + params.runs - begin % params.runs) % params.runs;
  let o = (s * params.runs + run) * 10u;
  store(o, best_of(s, run, begin, allowed));
  store(o + 5u, best_of(s, first, params.n_vocab, allowed));
}

// Of the tokens of a run from `first` to `end`.
fn best_of(s: u32, first: u32, end: u32, allowed: Allowed) -> Best {
  let temperature = select(0.0, bitcast<f32>(rules[TEMPERATURE]), params.filtered != 0u);
  let sampled = cursor[s * CURSOR + SAMPLED];
  var best = Best(-1e30, 0u, -1e30, -1e30, 0.0);
  for (var token = first; token < end; token += params.runs) {
    if (params.filtered != 0u && !is_allowed(token, allowed)) { continue; }
    let logit = logits[s * params.stride + token];
    var value = logit;
    if (temperature > 0.0) {
      let u = uniform_at(rules[SEED], s % params.sequences, sampled, token);
      value = logit / temperature - log(-log(u));
    }
    best = better(best, token, logit, value);
  }
  return best;
}
