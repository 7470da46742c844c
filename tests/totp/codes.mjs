// Prints the one-time code of each line `secret time`, as otpauth computes it.
import { readFileSync } from "node:fs";
import { Secret, TOTP } from "otpauth";

for (const line of readFileSync(0, "utf8").trim().split("\n")) {
  const [secret, time] = line.split(" ");
  console.log(new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Number(time) * 1000 }));
}
