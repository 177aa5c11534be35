/** A string of n UTF-16 units, to be filled in place before anybody else sees it. */
export function newString(n: i32): string {
  return changetype<string>(__new(<usize>n << 1, idof<string>()));
}

/** Text for others' screens: without control characters but line feed and tab, without space around it, at most max long. */
export function clean(text: string, max: i32): string {
  let kept = 0;
  for (let i = 0; i < text.length; i++) {
    if (isShown(text.charCodeAt(i))) kept++;
  }
  let out = text;
  if (kept < text.length) {
    out = newString(kept);
    let p = changetype<usize>(out);
    for (let i = 0; i < text.length; i++) {
      const c = text.charCodeAt(i);
      if (!isShown(c)) continue;
      store<u16>(p, <u16>c);
      p += 2;
    }
  }
  out = out.trim();
  if (out.length <= max) return out;
  const last = out.charCodeAt(max - 1);
  return out.substring(0, last >= 0xd800 && last < 0xdc00 ? max - 1 : max); // never half a character
}

function isShown(c: i32): bool { return c >= 0x20 && c != 0x7f || c == 0x0a || c == 0x09; }
