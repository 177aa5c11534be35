//! Whole numbers as digits.

/// How many bytes a number has at most.
pub const MOST: usize = 20;

const PAIRS: &[u8; 200] = b"0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849\
5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";

// Dividing takes ten times as long as multiplying.
fn by_10000(n: u32) -> u32 {
    (n as u64 * 0xd1b71759 >> 45) as u32
}

/// Of less than 10,000.
fn by_100(n: u32) -> u32 {
    n * 5243 >> 19
}

unsafe fn two(at: *mut u8, n: u32) {
    let pair = PAIRS.as_ptr().add(n as usize * 2) as *const u16;
    (at as *mut u16).write_unaligned(pair.read_unaligned());
}

unsafe fn four(at: *mut u8, n: u32) {
    let high = by_100(n);
    two(at, high);
    two(at.add(2), n - high * 100);
}

#[inline(never)]
unsafe fn eight(at: *mut u8, n: u32) -> *mut u8 {
    let high = by_10000(n);
    four(at, high);
    four(at.add(4), n - high * 10000);
    at.add(8)
}

/// Less than 10,000, without zeros before it.
#[inline(never)]
unsafe fn few(at: *mut u8, n: u32) -> *mut u8 {
    let high = by_100(n);
    match n {
        1000.. => {
            two(at, high);
            two(at.add(2), n - high * 100);
            at.add(4)
        }
        100.. => {
            at.write(b'0' + high as u8);
            two(at.add(1), n - high * 100);
            at.add(3)
        }
        10.. => {
            two(at, n);
            at.add(2)
        }
        _ => {
            at.write(b'0' + n as u8);
            at.add(1)
        }
    }
}

unsafe fn many(at: *mut u8, n: u32) -> *mut u8 {
    if n < 10000 {
        return few(at, n);
    }
    let high = by_10000(n);
    if high >= 10000 {
        let top = by_10000(high);
        return eight(few(at, top), n - top * 100_000_000);
    }
    let at = few(at, high);
    four(at, n - high * 10000);
    at.add(4)
}

/// Writes n, and tells where it ends.
///
/// # Safety
/// MOST bytes have room at at.
pub unsafe fn write(mut at: *mut u8, n: i64) -> *mut u8 {
    if n < 0 {
        at.write(b'-');
        at = at.add(1);
    }
    let n = n.unsigned_abs();
    if n <= u32::MAX as u64 {
        return many(at, n as u32);
    }
    let high = n / 100_000_000;
    let low = (n - high * 100_000_000) as u32;
    at = if high <= u32::MAX as u64 {
        many(at, high as u32)
    } else {
        let top = high / 100_000_000;
        eight(many(at, top as u32), (high - top * 100_000_000) as u32)
    };
    eight(at, low)
}
