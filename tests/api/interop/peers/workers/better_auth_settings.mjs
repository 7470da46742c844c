// The settings of the benchmark, with a second resource and more scopes.
import { settings } from "../../../../../bench/peers/better_auth_oauth_settings.mjs";

export const withTwoResources = ({ jwt, oauthProvider }, env) => {
  const provider = (given) =>
    oauthProvider({
      ...given,
      scopes: [...given.scopes, "openid", "reports:write", "mail:send"],
      resources: [...given.resources, "https://mail.example.com"],
      // The sequences send more requests than a client does.
      rateLimit: { token: false, authorize: false, introspect: false, revoke: false },
    });
  return settings({ jwt, oauthProvider: provider }, env);
};
