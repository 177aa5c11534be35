//! From the host's events to handlers, and their answers back.

use crate::text::same;
use crate::{fail, join, memory, Event, Filtered, List, Reply};
use core::cell::UnsafeCell;
use core::mem::ManuallyDrop;

/// Handles one event.
pub type Handler = fn(&Event) -> Reply;

/// Decides about a message (`on_publish`).
pub type Filter = fn(&Event) -> Filtered;

/// Either of them.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub enum Handles {
    Event(Handler),
    Publish(Filter),
}

/// What [`plugin!`](crate::plugin) lists: an event's kind as ABI.md numbers them, its name, and who handles it.
pub struct Route {
    #[doc(hidden)]
    pub kind: i32,
    #[doc(hidden)]
    pub name: &'static str,
    #[doc(hidden)]
    pub handler: Handles,
}

/// The plugin: what it handles. Once, in the crate's root:
///
/// ```ignore
/// driplet::plugin! {
///     on_connect: greet,           // before a connection is admitted: fail refuses it
///     on_disconnect: gone,         // when a connection is gone
///     on_subscribe: admit,         // before a subscription to one of the manifest's topics
///     on_unsubscribe: left,        // when a connection has left one of them
///     on_publish: filter,          // before a message is placed on one of them: pass, drop, replace, retarget, both
///     on_http: fetched,            // answers to http::fetch, of which e.state tells which; and a backend's requests: then e.method is not empty
///     on_timer "sweep" => sweep,   // the manifest's timers, and timer::set's
///     "chat.send" => send,         // a client's event
///     "chat.*" => other,           // all that begin so and have no handler of their own
/// }
/// ```
#[macro_export]
macro_rules! plugin {
    (@ [$($routes:tt)*]) => {
        static DRIPLET_ROUTES: &[$crate::Route] = &[$($routes)*];
        #[no_mangle]
        extern "C" fn dr_abi() -> i32 { 1 }
        #[no_mangle]
        extern "C" fn dr_alloc(n: usize) -> *mut u8 { $crate::alloc_inbox(n) }
        #[no_mangle]
        unsafe extern "C" fn dr_event(kind: i32, at: *const u8, len: usize) -> u64 { $crate::dispatch(DRIPLET_ROUTES, kind, at, len) }
    };
    (@ $r:tt on_connect: $h:expr $(, $($rest:tt)*)?) => { $crate::plugin!(@@ $r 1, "", $h, $($($rest)*)?); };
    (@ $r:tt on_disconnect: $h:expr $(, $($rest:tt)*)?) => { $crate::plugin!(@@ $r 2, "", $h, $($($rest)*)?); };
    (@ $r:tt on_subscribe: $h:expr $(, $($rest:tt)*)?) => { $crate::plugin!(@@ $r 3, "", $h, $($($rest)*)?); };
    (@ $r:tt on_unsubscribe: $h:expr $(, $($rest:tt)*)?) => { $crate::plugin!(@@ $r 4, "", $h, $($($rest)*)?); };
    (@ $r:tt on_publish: $h:expr $(, $($rest:tt)*)?) => { $crate::plugin!(@@@ $r 6, "", $crate::Handles::Publish($h), $($($rest)*)?); };
    (@ $r:tt on_http: $h:expr $(, $($rest:tt)*)?) => { $crate::plugin!(@@ $r 8, "", $h, $($($rest)*)?); };
    (@ $r:tt on_timer $name:literal => $h:expr $(, $($rest:tt)*)?) => { $crate::plugin!(@@ $r 7, $name, $h, $($($rest)*)?); };
    (@ $r:tt $name:literal => $h:expr $(, $($rest:tt)*)?) => { $crate::plugin!(@@ $r 5, $name, $h, $($($rest)*)?); };
    (@@ $r:tt $kind:literal, $name:literal, $h:expr, $($rest:tt)*) => { $crate::plugin!(@@@ $r $kind, $name, $crate::Handles::Event($h), $($rest)*); };
    (@@@ [$($routes:tt)*] $kind:literal, $name:literal, $h:expr, $($rest:tt)*) => {
        $crate::plugin!(@ [$($routes)* $crate::Route { kind: $kind, name: $name, handler: $h },] $($rest)*);
    };
    ($($all:tt)*) => { $crate::plugin!(@ [] $($all)*); };
}

/// The buffers that the host sees.
struct Buffers(UnsafeCell<(List<u8>, List<u8>)>);

// SAFETY: a module has one thread.
unsafe impl Sync for Buffers {}

static BUFFERS: Buffers = Buffers(UnsafeCell::new((List::new(), List::new())));

/// The export dr_alloc.
pub fn alloc_inbox(n: usize) -> *mut u8 {
    memory::prepare();
    // SAFETY: one thread, and no event is being handled: nothing else refers to the buffer.
    let inbox = unsafe { &mut (*BUFFERS.0.get()).0 };
    *inbox = List::new();
    if inbox.try_resize(n) {
        inbox.address()
    } else {
        core::ptr::null_mut()
    }
}

const MESSAGE: i32 = 5;
const TIMER: i32 = 7;
const REFUSAL: u64 = 1 << 31;

/// The export dr_event.
///
/// # Safety
/// at and len are what the host has filled of dr_alloc's buffer.
pub unsafe fn dispatch(routes: &[Route], kind: i32, at: *const u8, len: usize) -> u64 {
    // Its fields are the host's: there is nothing to give back.
    let e = ManuallyDrop::new(Event::read(core::slice::from_raw_parts(at, len)));
    let reply = match find(routes, kind, e.event) {
        Some(Handles::Event(h)) => h(&e).map(|json| json.0 .0),
        Some(Handles::Publish(h)) => h(&e).map(|verdict| verdict.0),
        None if kind == MESSAGE => fail("no_handler", &join(&["no handler for the event ", e.event])),
        None if !e.method.is_empty() => fail("no_handler", "no handler for requests"),
        None => return 0,
    };
    let (bytes, flag) = match reply {
        Ok(bytes) => (bytes, 0),
        Err(error) => (error.into_json().0 .0, REFUSAL),
    };
    let answer = &mut (*BUFFERS.0.get()).1;
    *answer = bytes;
    if answer.is_empty() {
        return 0;
    }
    (answer.as_ptr() as u64) << 32 | flag | answer.len() as u64
}

fn find(routes: &[Route], kind: i32, name: &str) -> Option<Handles> {
    let mut best: Option<&Route> = None;
    for r in routes {
        if r.kind != kind {
            continue;
        }
        if (kind != MESSAGE && kind != TIMER) || same(r.name.as_bytes(), name.as_bytes()) {
            return Some(r.handler);
        }
        let fits = matches!(r.name.as_bytes(), [prefix @ .., b'*'] if name.as_bytes().starts_with(prefix));
        if fits && best.map_or(true, |b| r.name.len() > b.name.len()) {
            best = Some(r);
        }
    }
    best.map(|r| r.handler)
}
