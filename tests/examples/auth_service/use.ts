// Calls of AuthService in TypeScript. `tests/examples/service_binding.rs` compiles this file.
import type { AuthService } from "../../../examples/worker-binding/src/auth-service.d.ts";

export async function user(auth: AuthService, token: string): Promise<string> {
  const result = await auth.validateToken(token);
  if (!result.valid) throw new Error(`${result.status} ${result.code} ${result.challenge ?? ""} ${result.retry_after ?? 0}`);
  const role: "user" | "admin" | "super_admin" = result.user.role;
  return `${role} ${result.user.id}`;
}

export async function client(auth: AuthService, token: string): Promise<string[]> {
  const result = await auth.validateToken(token, { audience: "https://api.example.com", scopes: ["reports:read"] });
  // @ts-expect-error: a result has no client before `valid` is checked.
  result.client_id.toString();
  // @ts-expect-error: a misspelled option would accept tokens without the scope.
  await auth.validateToken(token, { audience: "https://api.example.com", scope: ["reports:read"] });
  return result.valid ? result.scopes : [];
}

export function forward(auth: AuthService, request: Request): Promise<Response> {
  return auth.fetchWithClientIp(request, request.headers.get("cf-connecting-ip") ?? "", "/api/auth/login");
}
