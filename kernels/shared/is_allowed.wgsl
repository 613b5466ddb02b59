// Whether a token may come next: the ranges of allowed_next, and what is suppressed. For kernels that bind `suppressed` and `rules`.
fn is_allowed(token: u32, allowed: Allowed) -> bool {
  if (((suppressed[token / 32u] >> (token % 32u)) & 1u) == 1u) { return false; }
  if (rules[WITH_TIMESTAMPS] != 0u && token == rules[NO_TIMESTAMPS]) { return false; }
  if (token >= rules[TIMESTAMP_BEGIN]) { return token >= allowed.first_timestamp && token <= allowed.last_timestamp; }
  let is_blank = token == rules[BLANK] || token == rules[EOT];
  return select(allowed.end, allowed.text, token < rules[EOT]) && (allowed.blank || !is_blank);
}
