// The most probable tokens of each sequence under the rules, best first, with their log probabilities: timestamps alone where their
// probability together exceeds that of every text token.
// One workgroup: one sequence. filter_logits left the best token of each run, text and timestamps apart; in turns the best of them is
// taken, and its run looked through again for the best one after it.
//#import rules
//#import is_allowed

struct Params {
  n_vocab: u32,
  stride: u32, // logits of a sequence, padding included
  runs: u32,
  count: u32, // tokens to take
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> logits: array<f32>; // [n_sequences, stride]
@group(0) @binding(2) var<storage, read_write> suppressed: array<u32>; // [n_vocab / 32] bits
@group(0) @binding(3) var<storage, read_write> rules: array<u32>; // [16]
@group(0) @binding(4) var<storage, read_write> cursor: array<u32>; // [n_sequences, 8]
@group(0) @binding(5) var<storage, read_write> x: array<f32>; // [n_sequences, runs, 2, 5] value, token, logit, highest, sum
@group(0) @binding(6) var<storage, read_write> y: array<vec2<f32>>; // [n_sequences, count] token, log probability

const LANES = 64u;
const NONE = -1e30;
var<workgroup> best: array<vec2<f32>, LANES>; // logit, token; or highest, sum
var<workgroup> taken: vec2<f32>; // the token taken last; or the total

// Whether a comes before b: by logit, then by token.
fn before(a: vec2<f32>, b: vec2<f32>) -> bool {
  return a.x > b.x || (a.x == b.x && a.y < b.y);
}

// The best of what each invocation brings, for all of them.
fn first_of(i: u32, own: vec2<f32>) -> vec2<f32> {
  best[i] = own;
  workgroupBarrier();
  if (i == 0u) {
    var first = best[0];
    for (var lane = 1u; lane < LANES; lane++) { if (before(best[lane], first)) { first = best[lane]; } }
    taken = first;
  }
  workgroupBarrier();
  return taken;
}

// Two highest logits and sums of exp(logit - highest) as one.
fn joined(a: vec2<f32>, b: vec2<f32>) -> vec2<f32> {
  let highest = max(a.x, b.x);
  return vec2<f32>(highest, a.y * exp(a.x - highest) + b.y * exp(b.x - highest));
}

// Log of the sum of exp over one half of all runs, and its highest logit.
fn total(s: u32, half: u32, i: u32) -> vec2<f32> {
  var own = vec2<f32>(NONE, 0.0);
  for (var run = i; run < params.runs; run += LANES) {
    let at = ((s * params.runs + run) * 2u + half) * 5u;
    own = joined(own, vec2<f32>(x[at + 3u], x[at + 4u]));
  }
  best[i] = own;
  workgroupBarrier();
  if (i == 0u) {
    for (var lane = 1u; lane < LANES; lane++) { own = joined(own, best[lane]); }
    taken = own;
  }
  workgroupBarrier();
  return vec2<f32>(taken.x + log(max(taken.y, 1e-30)), taken.x);
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) i: u32) {
  let s = group.x;
  let text = total(s, 0u, i);
  let time = total(s, 1u, i);
  let only_time = rules[WITH_TIMESTAMPS] != 0u && time.y > NONE && time.x > text.y;
  let top = max(text.y, time.y);
  let all = select(top + log(exp(text.x - top) + exp(time.x - top)), time.x, only_time);
  let allowed = allowed_next(s * CURSOR);
  var last = vec2<f32>(-NONE, -1.0);
  for (var k = 0u; k < params.count; k++) {
    // Every run's best that comes after what was taken; where that is what was taken or before it, the run is looked through.
    var own = vec2<f32>(NONE, 0.0);
    for (var run = i; run < params.runs; run += LANES) {
      for (var half = select(0u, 1u, only_time); half < 2u; half++) {
        let at = ((s * params.runs + run) * 2u + half) * 5u;
        var candidate = vec2<f32>(x[at + 2u], x[at + 1u]);
        if (!before(last, candidate)) { candidate = next_in(s, run, half, last, allowed); }
        if (before(candidate, own)) { own = candidate; }
      }
    }
    last = first_of(i, own);
    if (i == 0u) { y[s * params.count + k] = vec2<f32>(last.y, select(NONE, last.x - all, last.x > NONE)); }
  }
}

// The best token of a run's half that comes after `last`.
fn next_in(s: u32, run: u32, half: u32, last: vec2<f32>, allowed: Allowed) -> vec2<f32> {
  var own = vec2<f32>(NONE, 0.0);
  for (var token = run; token < params.n_vocab; token += params.runs) {
    let candidate = vec2<f32>(logits[s * params.stride + token], f32(token));
    let is_half = (token >= allowed.timestamp_begin) == (half == 1u);
    if (is_half && before(last, candidate) && before(candidate, own) && is_allowed(token, allowed)) { own = candidate; }
  }
  return own;
}
