// better-auth with its OAuth provider.
import { oauthProvider } from "@better-auth/oauth-provider";
import { betterAuth } from "better-auth";
import { jwt } from "better-auth/plugins";
import { withTwoResources } from "./better_auth_settings.mjs";

let auth;

export default {
  fetch(request, env) {
    auth ??= betterAuth(withTwoResources({ jwt, oauthProvider }, env));
    return auth.handler(request);
  },
};
