//! What a publish hook answers.

use crate::{Error, List, ToJson};

/// What becomes of a message: made by [`pass`], [`drop`], [`replace`], [`retarget`]
/// and [`both`].
#[derive(Debug)]
pub struct Verdict(pub(crate) List<u8>);

/// What an `on_publish` handler returns: a [`Verdict`], or an error to refuse the
/// message, made by [`fail`](crate::fail) or passed on with `?`.
pub type Filtered = Result<Verdict, Error>;

/// The message is placed as it is.
pub fn pass() -> Filtered {
    verdict(0, &[])
}

/// The message is not placed, and its publisher does not notice. To refuse it
/// return [`fail`](crate::fail).
pub fn drop() -> Filtered {
    verdict(1, &[])
}

/// Another message is placed instead.
pub fn replace(data: impl ToJson) -> Filtered {
    verdict(2, &[crate::answer(data).as_ref()])
}

/// The message goes to others than its publisher said:
/// `object().set("include", object().set("roles", "editor"))`; `object()` is everybody.
pub fn retarget(target: impl ToJson) -> Filtered {
    verdict(3, &[crate::answer(target).as_ref()])
}

/// Another message is placed instead, for others.
pub fn both(data: impl ToJson, target: impl ToJson) -> Filtered {
    let target = crate::answer(target);
    let target: &[u8] = target.as_ref();
    verdict(4, &[&(target.len() as u32).to_le_bytes(), target, crate::answer(data).as_ref()])
}

fn verdict(kind: u8, parts: &[&[u8]]) -> Filtered {
    let mut out = List::new();
    out.push(kind);
    for part in parts {
        out.append(part);
    }
    Ok(Verdict(out))
}
