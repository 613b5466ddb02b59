// Whisper's rules and a first reduction of the logits: for each run of 128 tokens, among text (and specials) and among timestamps apart,
// the best token, its value and logit, the highest logit and the sum of exp(logit - highest).
// One invocation: one run of one sequence. With a temperature the value is logit / temperature + Gumbel noise, whose maximum is a sample.
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

const RUN = 128u;

struct Best {
  value: f32,
  token: u32,
  logit: f32,
  highest: f32,
  sum: f32,
}

fn better(b: Best, token: u32, logit: f32, value: f32) -> Best {
  let highest = max(b.highest, logit);
  let sum = b.sum * exp(b.highest - highest) + exp(logit - highest);
  let wins = value > b.value; // the first of equals stays
  return Best(select(b.value, value, wins), select(b.token, token, wins), select(b.logit, logit, wins), highest, sum);
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
  let c = s * CURSOR;
  let timestamp_begin = rules[TIMESTAMP_BEGIN];
  let allowed = allowed_next(
    cursor[c + SAMPLED], cursor[c + LAST], cursor[c + PENULTIMATE], cursor[c + TIMESTAMP],
    timestamp_begin, rules[WITH_TIMESTAMPS] != 0u, rules[SUPPRESS_BLANK] != 0u, rules[MAX_INITIAL],
  );
  let temperature = bitcast<f32>(rules[TEMPERATURE]);
  var text = Best(-1e30, 0u, -1e30, -1e30, 0.0);
  var time = text;
  for (var token = run * RUN; token < min((run + 1u) * RUN, params.n_vocab); token++) {
    let is_time = token >= timestamp_begin;
    if (params.filtered != 0u && !is_allowed(token, allowed)) { continue; }
    let logit = logits[s * params.stride + token];
    var value = logit;
    if (temperature > 0.0 && params.filtered != 0u) {
      let u = uniform_at(rules[SEED], s % params.sequences, cursor[c + SAMPLED], token);
      value = logit / temperature - log(-log(u));
    }
    if (is_time) { time = better(time, token, logit, value); } else { text = better(text, token, logit, value); }
  }
  let o = (s * params.runs + run) * 10u;
  store(o, text);
  store(o + 5u, time);
}
