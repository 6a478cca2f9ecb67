/** Makes the ids of what is written here: UUIDs that sort by the moment they were made (version 7). */

let last = 0;
let counted = 0;

/** Make a UUIDv7: 48 bits of milliseconds, 12 bits that count within one, 62 random bits. */
export function uuid7(now = Date.now()) {
  [last, counted] = now > last ? [now, Math.floor(Math.random() * 0x800)] : [last, counted + 1];
  if (counted > 0xfff) [last, counted] = [last + 1, 0];
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  for (let at = 0; at < 6; at += 1) bytes[at] = Math.floor(last / 2 ** (40 - 8 * at)) % 256;
  bytes[6] = 0x70 | (counted >> 8);
  bytes[7] = counted & 0xff;
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
