// Threefry4x32-20 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC11).
// Twin of src/cpu/threefry4x32.ts. Add, rotate and xor only, so every device computes the same words.

const THREEFRY_PARITY: u32 = 0x1bd11bdau;

// The left shift is a multiplication because SwiftShader takes vector shifts lane by lane: 80 ms for 16.8 M cells at
// rate 0.1, not 133. Other compilers fold it to the shift.
fn rotate_left(x: vec2<u32>, by: vec2<u32>) -> vec2<u32> {
  return (x * (vec2(1u) << by)) | (x >> (vec2(32u) - by));
}

// Rounds come in pairs: the second mixes with the odd words exchanged.
fn threefry_mix(x: ptr<function, vec4<u32>>, first: vec2<u32>, second: vec2<u32>) {
  var even = (*x).xz + (*x).yw;
  var odd = rotate_left((*x).yw, first) ^ even;
  even += odd.yx;
  odd = (rotate_left(odd.yx, second) ^ even).yx;
  *x = vec4(even.x, odd.x, even.y, odd.y);
}

fn threefry4x32(counter: vec4<u32>, key: vec4<u32>) -> vec4<u32> {
  let k = key;
  let k4 = THREEFRY_PARITY ^ k.x ^ k.y ^ k.z ^ k.w;
  var x = counter + k;
  threefry_mix(&x, vec2(10u, 26u), vec2(11u, 21u));
  threefry_mix(&x, vec2(13u, 27u), vec2(23u, 5u));
  x += vec4(k.y, k.z, k.w, k4 + 1u);
  threefry_mix(&x, vec2(6u, 20u), vec2(17u, 11u));
  threefry_mix(&x, vec2(25u, 10u), vec2(18u, 20u));
  x += vec4(k.z, k.w, k4, k.x + 2u);
  threefry_mix(&x, vec2(10u, 26u), vec2(11u, 21u));
  threefry_mix(&x, vec2(13u, 27u), vec2(23u, 5u));
  x += vec4(k.w, k4, k.x, k.y + 3u);
  threefry_mix(&x, vec2(6u, 20u), vec2(17u, 11u));
  threefry_mix(&x, vec2(25u, 10u), vec2(18u, 20u));
  x += vec4(k4, k.x, k.y, k.z + 4u);
  threefry_mix(&x, vec2(10u, 26u), vec2(11u, 21u));
  threefry_mix(&x, vec2(13u, 27u), vec2(23u, 5u));
  x += vec4(k.x, k.y, k.z, k.w + 5u);
  return x;
}
