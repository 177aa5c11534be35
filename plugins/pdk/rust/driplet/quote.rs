//! Texts as JSON strings.

use crate::List;
use core::arch::wasm32::*;

/// What a text's quotation marks, an escape, what stands behind it and a store of 16 bytes take beyond its own.
const SLACK: usize = 32;

fn plain(c: u8) -> bool {
    c >= 0x20 && c != b'"' && c != b'\\'
}

/// Writes the escape of c, and tells where it ends.
///
/// # Safety
/// There is room for 6 bytes.
#[inline]
unsafe fn put_escape(to: *mut u8, c: u8) -> *mut u8 {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    // From 8 to 13 most have a letter.
    let short = if (8..=13).contains(&c) && c != 11 { b"btn fr"[c as usize - 8] } else { c };
    to.write(b'\\');
    if short >= 0x20 {
        to.add(1).write(short);
        return to.add(2);
    }
    (to.add(1) as *mut [u8; 5]).write([b'u', b'0', b'0', b'0' + (c >> 4), HEX[(c & 15) as usize]]);
    to.add(6)
}

/// Which of 16 bytes do not stand for themselves: the lowest bit that is set is of the first. With its second bit turned
/// a quotation mark is 0x20, a space 0x22: one comparison finds it with the control characters.
#[target_feature(enable = "simd128")]
#[inline]
unsafe fn special(x: v128) -> u32 {
    let turned = v128_xor(x, u8x16_splat(2));
    let low = u8x16_eq(u8x16_min(turned, u8x16_splat(0x20)), turned);
    u8x16_bitmask(v128_or(low, u8x16_eq(x, u8x16_splat(b'\\')))) as u32
}

/// Copies fewer than 16 bytes; false: some do not stand for themselves.
///
/// # Safety
/// n bytes lie at from, and have room at to.
#[target_feature(enable = "simd128")]
#[inline]
unsafe fn copy_short(to: *mut u8, from: *const u8, n: usize) -> bool {
    if n >= 8 {
        let (x, y) = ((from as *const u64).read_unaligned(), (from.add(n - 8) as *const u64).read_unaligned());
        (to as *mut u64).write_unaligned(x);
        (to.add(n - 8) as *mut u64).write_unaligned(y);
        return special(u64x2(x, y)) == 0;
    }
    if n >= 4 {
        let (x, y) = ((from as *const u32).read_unaligned(), (from.add(n - 4) as *const u32).read_unaligned());
        (to as *mut u32).write_unaligned(x);
        (to.add(n - 4) as *mut u32).write_unaligned(y);
        return special(u64x2_splat(x as u64 | (y as u64) << 32)) == 0;
    }
    if n == 0 {
        return true;
    }
    let (a, b, c) = (*from, *from.add(n / 2), *from.add(n - 1));
    to.write(a);
    to.add(n / 2).write(b);
    to.add(n - 1).write(c);
    special(u32x4_splat(u32::from_le_bytes([a, b, c, c]))) == 0
}

/// Copies n bytes, 16 or more, with escapes: as long as there is room for what is left of them and SLACK bytes more.
/// Returns where it has come to, and in the lower half how many are left. It calls nothing: so the loop is short.
///
/// # Safety
/// n bytes lie at from, and have room at to with SLACK more; limit is behind it.
#[target_feature(enable = "simd128")]
#[inline(never)]
unsafe fn copy_escaped(mut to: *mut u8, mut from: *const u8, mut n: usize, limit: usize) -> u64 {
    let places = u8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    let end = from.add(n);
    while n > 0 {
        let (x, m);
        if n >= 16 {
            x = v128_load(from as *const v128);
            m = special(x);
        } else {
            // The last ones: those before them are shifted out.
            x = u8x16_swizzle(v128_load(end.sub(16) as *const v128), u8x16_add(places, u8x16_splat(16 - n as u8)));
            m = special(x) & ((1 << n) - 1);
        }
        v128_store(to as *mut v128, x);
        if m == 0 {
            let most = n.min(16);
            from = from.add(most);
            to = to.add(most);
            n -= most;
            continue;
        }
        let i = m.trailing_zeros() as usize;
        let c = *from.add(i);
        from = from.add(i);
        to = to.add(i);
        n -= i;
        if limit - (to as usize) < n + SLACK {
            break;
        }
        from = from.add(1);
        n -= 1;
        to = put_escape(to, c);
    }
    (to as usize as u64) << 32 | n as u64
}

/// Writes text as a JSON string. Whole characters are copied, and what is put between them is ASCII. Behind the
/// quotation marks goes one more byte, unless it is 0.
pub fn quote(text: &[u8], out: &mut List<u8>, after: u8) {
    // SAFETY: where there are no vectors the module does not load.
    unsafe { quote_by_vectors(text, out, after) }
}

/// # Safety
/// There are vectors.
#[target_feature(enable = "simd128")]
#[inline(never)]
unsafe fn quote_by_vectors(text: &[u8], out: &mut List<u8>, after: u8) {
    let n = text.len();
    out.reserve(n + SLACK);
    // What is read lies within text; there is room for what is left of it and SLACK bytes more.
    let mut to = out.address().add(out.len());
    to.write(b'"');
    to = to.add(1);
    if n >= 16 {
        let mut left = n;
        loop {
            let stopped = copy_escaped(to, text.as_ptr().add(n - left), left, out.address() as usize + out.capacity());
            to = (stopped >> 32) as usize as *mut u8;
            left = stopped as u32 as usize;
            if left == 0 {
                break;
            }
            out.set_len(to.offset_from(out.as_ptr()) as usize);
            out.reserve(left + 2 * SLACK);
            to = out.address().add(out.len());
        }
    } else if copy_short(to, text.as_ptr(), n) {
        to = to.add(n);
    } else {
        out.reserve(6 * n + SLACK);
        to = out.address().add(out.len());
        to.write(b'"');
        to = to.add(1);
        for &c in text {
            if plain(c) {
                to.write(c);
                to = to.add(1);
            } else {
                to = put_escape(to, c);
            }
        }
    }
    to.write(b'"');
    to.add(1).write(after);
    out.set_len(to.offset_from(out.as_ptr()) as usize + 1 + (after != 0) as usize);
}
