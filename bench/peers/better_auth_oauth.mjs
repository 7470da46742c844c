// better-auth with its OAuth provider, otherwise like better_auth.mjs.
import { oauthProvider } from "@better-auth/oauth-provider";
import { betterAuth } from "better-auth";
import { jwt } from "better-auth/plugins";
import { settings } from "./better_auth_oauth_settings.mjs";

let auth;

function open(env) {
  auth ??= betterAuth(settings({ jwt, oauthProvider }, env));
  return auth;
}

export default { fetch: (request, env) => open(env).handler(request) };
