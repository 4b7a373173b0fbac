//! Tables that packets read all over: in pages of 2 MiB a processor finds each place by itself, in pages of 4 KiB it has to look up
//! nearly every one.

use std::os::raw::c_void;

/// The smallest page of this processor family, which advice is given by.
const PAGE_BYTES: usize = 4_096;

/// Advises the kernel to hold a table in large pages, as far as its place allows (madvise(2), MADV_HUGEPAGE). A kernel that has none
/// holds it in small ones.
pub fn advise<T>(table: &Vec<T>) {
    let start = table.as_ptr().addr();
    let end = start + table.capacity() * size_of::<T>();
    let first = start.next_multiple_of(PAGE_BYTES);
    let Some(length) = (end - end % PAGE_BYTES).checked_sub(first).filter(|&length| length > 0) else {
        return;
    };
    let place = table.as_ptr().cast::<c_void>().wrapping_byte_add(first - start).cast_mut();
    // SAFETY: the range lies within what the table holds. How memory is laid out is advised, not what is in it; a refusal changes
    // nothing.
    let _ = unsafe { libc::madvise(place, length, libc::MADV_HUGEPAGE) };
}
