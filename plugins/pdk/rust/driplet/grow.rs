//! What grows: lists, and the bytes of texts. The crate alloc has no stable use without the
//! standard library before Rust 1.68, and more code behind its panics.

use crate::memory;
use core::mem::{align_of, size_of};
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;

/// A list in memory of its own, read as a slice.
pub struct List<T> {
    at: NonNull<T>,
    len: usize,
    cap: usize,
}

impl<T> List<T> {
    /// An empty one, without memory.
    pub const fn new() -> Self {
        List { at: NonNull::dangling(), len: 0, cap: 0 }
    }

    /// An empty one with room.
    #[inline]
    pub fn with_capacity(cap: usize) -> Self {
        let mut list = Self::new();
        if cap > 0 && !list.try_resize(cap) {
            memory::exhausted();
        }
        list
    }

    /// What fits without more memory.
    pub fn capacity(&self) -> usize {
        self.cap
    }

    /// Where the items lie, or may be written up to the capacity.
    pub(crate) fn address(&mut self) -> *mut T {
        self.at.as_ptr()
    }

    /// Makes room for more. Panics when there is no memory.
    #[inline]
    pub fn reserve(&mut self, more: usize) {
        if more > self.cap - self.len {
            self.grow(more);
        }
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, more: usize) {
        let need = self.len.saturating_add(more);
        if !self.try_resize(need.max(self.cap.saturating_mul(2))) {
            memory::exhausted();
        }
    }

    /// Takes memory for cap items; false: there is none.
    pub(crate) fn try_resize(&mut self, cap: usize) -> bool {
        let bytes = match cap.checked_mul(size_of::<T>()) {
            Some(bytes) if bytes > 0 && bytes <= i32::MAX as usize => bytes,
            _ => return false,
        };
        // SAFETY: at was taken with this size and alignment, if cap is not 0.
        let at = unsafe { memory::resize(self.at.as_ptr() as *mut u8, self.cap * size_of::<T>(), bytes, align_of::<T>()) };
        match NonNull::new(at as *mut T) {
            Some(at) => {
                self.at = at;
                self.cap = cap;
                true
            }
            None => false,
        }
    }

    /// Adds an item.
    #[inline]
    pub fn push(&mut self, item: T) {
        self.reserve(1);
        // SAFETY: there is room.
        unsafe { self.at.as_ptr().add(self.len).write(item) };
        self.len += 1;
    }

    /// # Safety
    /// The first len items are written, and fit.
    pub(crate) unsafe fn set_len(&mut self, len: usize) {
        self.len = len;
    }
}

impl List<u8> {
    /// Takes the first byte out.
    pub(crate) fn behead(mut self) -> Self {
        if self.len > 0 {
            self.len -= 1;
            // SAFETY: the bytes lie within the list.
            unsafe { core::ptr::copy(self.at.as_ptr().add(1), self.at.as_ptr(), self.len) };
        }
        self
    }

    /// Adds bytes.
    pub fn append(&mut self, bytes: &[u8]) {
        self.reserve(bytes.len());
        // SAFETY: there is room, and what is borrowed is no part of it.
        unsafe { memory::copy(bytes.as_ptr(), self.at.as_ptr().add(self.len), bytes.len()) };
        self.len += bytes.len();
    }
}

impl From<&[u8]> for List<u8> {
    fn from(bytes: &[u8]) -> Self {
        let mut list = Self::with_capacity(bytes.len());
        list.append(bytes);
        list
    }
}

impl<T> Drop for List<T> {
    fn drop(&mut self) {
        if self.cap > 0 {
            // SAFETY: the items are written, and the memory was taken so.
            unsafe {
                core::ptr::drop_in_place(core::ptr::slice_from_raw_parts_mut(self.at.as_ptr(), self.len));
                memory::give(self.at.as_ptr() as *mut u8, self.cap * size_of::<T>(), align_of::<T>());
            }
        }
    }
}

impl<T> Deref for List<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        // SAFETY: the first len items are written.
        unsafe { core::slice::from_raw_parts(self.at.as_ptr(), self.len) }
    }
}

impl<T> DerefMut for List<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: the first len items are written.
        unsafe { core::slice::from_raw_parts_mut(self.at.as_ptr(), self.len) }
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Clone> Clone for List<T> {
    fn clone(&self) -> Self {
        self.iter().cloned().collect()
    }
}

impl<T> FromIterator<T> for List<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut list = Self::new();
        for item in items {
            list.push(item);
        }
        list
    }
}

impl<'a, T> IntoIterator for &'a List<T> {
    type Item = &'a T;
    type IntoIter = core::slice::Iter<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl AsRef<[u8]> for List<u8> {
    fn as_ref(&self) -> &[u8] {
        self
    }
}
