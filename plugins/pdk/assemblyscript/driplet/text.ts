/** Text for others' screens: without control characters but line feed and tab, without space around it, at most max long. */
export function clean(text: string, max: i32): string {
  let from = 0, out = "";
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c >= 0x20 && c != 0x7f || c == 0x0a || c == 0x09) continue;
    out += text.substring(from, i);
    from = i + 1;
  }
  out = (from == 0 ? text : out + text.substring(from)).trim();
  if (out.length <= max) return out;
  const last = out.charCodeAt(max - 1);
  return out.substring(0, last >= 0xd800 && last < 0xdc00 ? max - 1 : max); // never half a character
}
