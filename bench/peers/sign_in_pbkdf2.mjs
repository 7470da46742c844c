// PBKDF2-HMAC-SHA256 with 100,000 iterations, the most that WebCrypto does on Workers: weaker than the others (OWASP
// recommends 600,000) and not memory-hard.
import { signIn } from "./sign_in.mjs";

const bytes = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

export default signIn(async (password, hash) => {
  const [salt, expected] = hash.split(":").map(bytes);
  const key = await crypto.subtle.importKey("raw", new TextEncoder().encode(password), "PBKDF2", false, ["deriveBits"]);
  const parameters = { name: "PBKDF2", hash: "SHA-256", iterations: 100_000, salt };
  return crypto.subtle.timingSafeEqual(await crypto.subtle.deriveBits(parameters, key, 256), expected);
});
