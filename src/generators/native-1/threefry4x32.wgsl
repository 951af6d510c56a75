// Threefry4x32-20 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC11).
// CPU counterpart: threefry4x32.ts. Uses only add, rotate and xor, so every device computes the same words.
// Requires a rotation: rotate-shift or software/rotate-float.

const THREEFRY_PARITY: u32 = 0x1bd11bdau;

// Rounds 0 to 3 of every eight. Left rotations by 26, 27 and 23 are written as right rotations.
fn threefry_even_rounds(counter: vec4<u32>) -> vec4<u32> {
  var x0 = counter.x;
  var x1 = counter.y;
  var x2 = counter.z;
  var x3 = counter.w;
  x0 += x1;
  x1 = rotate_left(x1, 10u) ^ x0;
  x2 += x3;
  x3 = rotate_right(x3, 6u) ^ x2;
  x0 += x3;
  x3 = rotate_left(x3, 11u) ^ x0;
  x2 += x1;
  x1 = rotate_left(x1, 21u) ^ x2;
  x0 += x1;
  x1 = rotate_left(x1, 13u) ^ x0;
  x2 += x3;
  x3 = rotate_right(x3, 5u) ^ x2;
  x0 += x3;
  x3 = rotate_right(x3, 9u) ^ x0;
  x2 += x1;
  x1 = rotate_left(x1, 5u) ^ x2;
  return vec4(x0, x1, x2, x3);
}

// Rounds 4 to 7 of every eight. The left rotation by 25 is written as a right rotation.
fn threefry_odd_rounds(counter: vec4<u32>) -> vec4<u32> {
  var x0 = counter.x;
  var x1 = counter.y;
  var x2 = counter.z;
  var x3 = counter.w;
  x0 += x1;
  x1 = rotate_left(x1, 6u) ^ x0;
  x2 += x3;
  x3 = rotate_left(x3, 20u) ^ x2;
  x0 += x3;
  x3 = rotate_left(x3, 17u) ^ x0;
  x2 += x1;
  x1 = rotate_left(x1, 11u) ^ x2;
  x0 += x1;
  x1 = rotate_right(x1, 7u) ^ x0;
  x2 += x3;
  x3 = rotate_left(x3, 10u) ^ x2;
  x0 += x3;
  x3 = rotate_left(x3, 18u) ^ x0;
  x2 += x1;
  x1 = rotate_left(x1, 20u) ^ x2;
  return vec4(x0, x1, x2, x3);
}

fn threefry4x32(counter: vec4<u32>, key: vec4<u32>) -> vec4<u32> {
  let k = key;
  let k4 = THREEFRY_PARITY ^ k.x ^ k.y ^ k.z ^ k.w;
  var x = counter + k;
  x = threefry_even_rounds(x) + vec4(k.y, k.z, k.w, k4 + 1u);
  x = threefry_odd_rounds(x) + vec4(k.z, k.w, k4, k.x + 2u);
  x = threefry_even_rounds(x) + vec4(k.w, k4, k.x, k.y + 3u);
  x = threefry_odd_rounds(x) + vec4(k4, k.x, k.y, k.z + 4u);
  x = threefry_even_rounds(x) + vec4(k.x, k.y, k.z, k.w + 5u);
  return x;
}
