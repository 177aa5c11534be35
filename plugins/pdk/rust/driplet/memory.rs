//! Memory, and what a panic does: of the standard library, or, without it, here. The library's own
//! memory is always from here: it is quicker.

use core::alloc::Layout;
use core::arch::wasm32::{v128, v128_load, v128_store};

use blocks::{alloc, dealloc, realloc};

/// Copies bytes. The instruction for it costs the server a call: a few are quicker without.
///
/// # Safety
/// As for `core::ptr::copy_nonoverlapping`.
#[inline]
pub unsafe fn copy(from: *const u8, to: *mut u8, n: usize) {
    if n > 256 {
        core::ptr::copy_nonoverlapping(from, to, n);
    } else {
        copy_few(from, to, n);
    }
}

/// The last ones in a piece that may overlap the one before.
#[target_feature(enable = "simd128")]
#[inline(never)]
unsafe fn copy_few(from: *const u8, to: *mut u8, n: usize) {
    unsafe fn both<T: Copy>(from: *const u8, to: *mut u8, end: usize) {
        let (a, b) = ((from as *const T).read_unaligned(), (from.add(end) as *const T).read_unaligned());
        (to as *mut T).write_unaligned(a);
        (to.add(end) as *mut T).write_unaligned(b);
    }
    if n >= 16 {
        let mut i = 0;
        while i + 16 < n {
            v128_store(to.add(i) as *mut v128, v128_load(from.add(i) as *const v128));
            i += 16;
        }
        v128_store(to.add(n - 16) as *mut v128, v128_load(from.add(n - 16) as *const v128));
    } else if n >= 8 {
        both::<u64>(from, to, n - 8);
    } else if n >= 4 {
        both::<u32>(from, to, n - 4);
    } else if n > 0 {
        let (a, b, c) = (*from, *from.add(n / 2), *from.add(n - 1));
        to.write(a);
        to.add(n / 2).write(b);
        to.add(n - 1).write(c);
    }
}

/// There is no memory left.
#[cold]
#[inline(never)]
pub fn exhausted() -> ! {
    crate::trap("out of memory: raise memory under [limits] of the manifest");
}

/// Takes memory, or makes what was taken larger; null: there is none.
///
/// # Safety
/// at was taken with size (0: not at all) and align; new is not 0.
pub unsafe fn resize(at: *mut u8, size: usize, new: usize, align: usize) -> *mut u8 {
    if size == 0 {
        return alloc(Layout::from_size_align_unchecked(new, align));
    }
    realloc(at, Layout::from_size_align_unchecked(size, align), new)
}

/// Gives memory back.
///
/// # Safety
/// at was taken with size and align.
pub unsafe fn give(at: *mut u8, size: usize, align: usize) {
    dealloc(at, Layout::from_size_align_unchecked(size, align));
}

#[cfg(feature = "std")]
pub fn prepare() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(std::boxed::Box::new(|info| crate::log::error(&std::string::ToString::to_string(info))));
    });
}

#[cfg(not(feature = "std"))]
pub fn prepare() {}

mod blocks {
    use core::alloc::{GlobalAlloc, Layout};
    use core::cell::UnsafeCell;

    /// Blocks of powers of two, from 16 bytes on; what is freed goes to its size's
    /// list, and memory is never given back to another size. Handlers are short
    /// and alike, so that little is lost, and the code has 300 bytes.
    struct Blocks(UnsafeCell<State>);

    struct State {
        free: [*mut u8; 32],
        next: usize,
        end: usize,
    }

    // SAFETY: a module has one thread.
    unsafe impl Sync for Blocks {}

    const PAGE: usize = 65536;

    fn class(layout: Layout) -> usize {
        let size = layout.size().max(layout.align()).max(16);
        (usize::BITS - (size - 1).leading_zeros()) as usize
    }

    impl State {
        /// A block that nobody has had yet.
        #[cold]
        #[inline(never)]
        unsafe fn more(&mut self, class: usize, align: usize) -> *mut u8 {
            if class > 30 {
                return core::ptr::null_mut();
            }
            let size = 1 << class;
            let align = align.max(16);
            let mut at = (self.next + align - 1) & !(align - 1);
            if self.end == 0 || at + size > self.end {
                let pages = (size + align + PAGE - 1) / PAGE;
                let old = core::arch::wasm32::memory_grow(0, pages);
                if old == usize::MAX {
                    return core::ptr::null_mut();
                }
                if old * PAGE != self.end {
                    at = old * PAGE; // aligned to 64 KiB
                }
                self.end = (old + pages) * PAGE;
            }
            self.next = at + size;
            at as *mut u8
        }
    }

    unsafe impl GlobalAlloc for Blocks {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            let state = &mut *self.0.get();
            let class = class(layout);
            let list = state.free.get_unchecked_mut(class);
            let head = *list;
            if head.is_null() {
                return state.more(class, layout.align());
            }
            *list = *(head as *mut *mut u8);
            head
        }

        unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
            let state = &mut *self.0.get();
            let list = state.free.get_unchecked_mut(class(layout));
            *(at as *mut *mut u8) = *list;
            *list = at;
        }

        unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
            let new = Layout::from_size_align_unchecked(size, layout.align());
            if class(new) == class(layout) {
                return at;
            }
            let out = self.alloc(new);
            if !out.is_null() {
                core::ptr::copy_nonoverlapping(at, out, layout.size().min(size));
                self.dealloc(at, layout);
            }
            out
        }
    }

    /// The library's own memory, and, without the standard library, that of plugins
    /// which use the crate alloc: it is stable from Rust 1.68 on.
    #[cfg_attr(not(feature = "std"), global_allocator)]
    static MEMORY: Blocks = Blocks(UnsafeCell::new(State { free: [core::ptr::null_mut(); 32], next: 0, end: 0 }));

    pub unsafe fn alloc(layout: Layout) -> *mut u8 {
        MEMORY.alloc(layout)
    }
    pub unsafe fn dealloc(at: *mut u8, layout: Layout) {
        MEMORY.dealloc(at, layout)
    }
    pub unsafe fn realloc(at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        MEMORY.realloc(at, layout, size)
    }
}

/// Tells where: the message itself would bring 5 KB of formatting with it.
#[cfg(not(feature = "std"))]
#[panic_handler]
fn panic(info: &core::panic::PanicInfo) -> ! {
    if let Some(at) = info.location() {
        crate::log::error(&crate::join(&["panic in ", at.file(), ":", &crate::decimal(at.line() as i64)]));
    }
    core::arch::wasm32::unreachable()
}
