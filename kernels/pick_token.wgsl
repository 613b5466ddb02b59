// The next token of each sequence, out of filter_logits' runs: timestamps alone where their probability together exceeds that of every text
// token, else the best of all. Token and log probability join the ring; cursor and rows move on, so that a step may follow a step.
// One workgroup: one sequence; 64 invocations join the runs, invocation 0 decides.
//#import rules

struct Params {
  runs: u32,
  capacity: u32, // tokens of the ring
  context: u32, // positions of the decoder
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> x: array<f32>; // [n_sequences, runs, 2, 5]
@group(0) @binding(2) var<storage, read_write> rules: array<u32>; // [16]
@group(0) @binding(3) var<storage, read_write> cursor: array<u32>; // [n_sequences, 8]
@group(0) @binding(4) var<storage, read_write> rows: array<u32>; // [n_sequences, 4] token, position, sequence, first
@group(0) @binding(5) var<storage, read_write> ring: array<u32>; // [n_sequences, capacity, 2] token, log probability (bits)

const LANES = 64u;

struct Best {
  value: f32,
  token: u32,
  logit: f32,
  highest: f32,
  sum: f32,
}
var<workgroup> bests: array<Best, 128>; // [LANES, text | timestamps]

fn load(i: u32) -> Best {
  return Best(x[i], u32(x[i + 1u]), x[i + 2u], x[i + 3u], x[i + 4u]);
}

// Runs join in the order of their tokens, so the first of equals wins.
fn join(a: Best, b: Best) -> Best {
  let highest = max(a.highest, b.highest);
  let sum = a.sum * exp(a.highest - highest) + b.sum * exp(b.highest - highest);
  let second = b.value > a.value || (b.value == a.value && b.token < a.token);
  return Best(select(a.value, b.value, second), select(a.token, b.token, second), select(a.logit, b.logit, second), highest, sum);
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) i: u32) {
  let s = group.x;
  let none = Best(-1e30, 0xffffffffu, -1e30, -1e30, 0.0);
  var text = none;
  var time = none;
  for (var run = i; run < params.runs; run += LANES) {
    let at = (s * params.runs + run) * 10u;
    text = join(text, load(at));
    time = join(time, load(at + 5u));
  }
  bests[2u * i] = text;
  bests[2u * i + 1u] = time;
  workgroupBarrier();
  if (i != 0u) { return; }
  for (var lane = 1u; lane < LANES; lane++) {
    text = join(text, bests[2u * lane]);
    time = join(time, bests[2u * lane + 1u]);
  }
  let time_logprob = time.highest + log(max(time.sum, 1e-30));
  let only_time = rules[WITH_TIMESTAMPS] != 0u && time.sum > 0.0 && time_logprob > text.highest;
  var best = join(text, time);
  if (only_time) { best = time; }
  let logprob = best.logit - (best.highest + log(max(best.sum, 1e-30)));
  advance(s, best.token, logprob);
}

fn advance(s: u32, token: u32, logprob: f32) {
  let c = s * CURSOR;
  let sampled = cursor[c + SAMPLED];
  let finished = sampled > 0u && cursor[c + LAST] == rules[EOT];
  let next = select(token, rules[EOT], finished);
  if (!finished) { cursor[c + SUM_LOGPROB] = bitcast<u32>(bitcast<f32>(cursor[c + SUM_LOGPROB]) + logprob); }
  cursor[c + PENULTIMATE] = cursor[c + LAST];
  cursor[c + LAST] = next;
  cursor[c + SAMPLED] = sampled + 1u;
  if (next >= rules[TIMESTAMP_BEGIN]) { cursor[c + TIMESTAMP] = next; }
  rows[s * 4u] = next;
  rows[s * 4u + 1u] = min(rows[s * 4u + 1u] + 1u, params.context - 1u);
  if (sampled < params.capacity) {
    let o = (s * params.capacity + sampled) * 2u;
    ring[o] = next;
    ring[o + 1u] = bitcast<u32>(select(logprob, 0.0, finished));
  }
}
