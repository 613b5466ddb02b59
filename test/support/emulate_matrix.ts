// Subgroup matrices in plain WGSL, for adapters without them: a factor is a place in shared memory, read when it is multiplied, and each
// lane of 32 holds 8 elements of a sum. f16 becomes f32 rounded to f16. A kernel so rewritten shows that its tiles, offsets and sums are
// right, not that a driver's matrix units are.

const MATRIX = `
var<private> lane: u32;
var<private> side: u32; // 16, which no compiler knows: unrolled, all this would take them long
struct Factor { place: u32, offset: u32, row: u32, column: u32 } // row, column: elements from one to the next
struct Sum { e: array<f32, 8> }
fn multiply_accumulate(a: Factor, b: Factor, c: Sum) -> Sum {
  var sum = c;
  for (var t = 0u; t < side / 2u; t++) {
    let row = (lane * 8u + t) / 16u;
    let column = (lane * 8u + t) % 16u;
    for (var k = 0u; k < side; k++) { sum.e[t] += element(a, row, k) * element(b, k, column); }
  }
  return sum;
}
`;

const element = (places: readonly string[]) => `
fn element(f: Factor, row: u32, column: u32) -> f32 {
  let at = f.offset + row * f.row + column * f.column;
  switch (f.place) {
    ${places.map((name, i) => `case ${i}u: { return ${name}[at]; }`).join('\n    ')}
    default: { return 0.0; }
  }
}
`;

const store = (place: string) => `
fn store_${place}(offset: u32, value: Sum, stride: u32) {
  var sum = value;
  for (var t = 0u; t < side / 2u; t++) {
    let i = lane * 8u + t;
    ${place}[offset + (i / 16u) * stride + i % 16u] = sum.e[t];
  }
}
`;

/** The text of a kernel, its imports aside, without subgroup matrices and f16. */
export function emulateMatrix(wgsl: string): string {
  const loads = /subgroupMatrixLoad<\w+, (row|col)_major>\(&(\w+), ([^,]+), (\w+)\)/g;
  const places = [...new Set([...wgsl.matchAll(loads)].map(([, , place]) => place!))];
  const stores = /subgroupMatrixStore<row_major>\(&(\w+), /g;
  const stored = new Set([...wgsl.matchAll(stores)].map(([, place]) => place!));
  const body = wgsl
    .replace(/^enable .*$/gm, '')
    .replace(/^alias .*$/gm, '')
    .replace(loads, (_, layout, place, offset, stride) => {
      const strides = layout === 'row' ? `${stride}, 1u` : `1u, ${stride}`;
      return `Factor(${places.indexOf(place)}u, ${offset}, ${strides})`;
    })
    .replace(stores, (_, place) => `store_${place}(`)
    .replaceAll('subgroupMatrixMultiplyAccumulate(', 'multiply_accumulate(')
    .replace(/@builtin\(subgroup_id\) subgroup: u32,?/, '')
    .replace(
      /\) \{\n(?= {2}let m0)/,
      ') {\n  let subgroup = i / 32u;\n  lane = i % 32u;\n  side = select(0u, 16u, params.k > 0u);\n',
    )
    .replace(/\bf16\(/g, 'quantizeToF16(')
    .replace(/\bf16\b/g, 'f32');
  return [body, MATRIX, element(places), ...[...stored].map(store)].join('');
}
