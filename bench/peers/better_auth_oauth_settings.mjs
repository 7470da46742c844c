// The settings of better_auth_oauth.mjs, with which the benchmark also creates its tables and clients.
export const settings = ({ jwt, oauthProvider }, env) => ({
  database: env.DB,
  baseURL: env.BASE_URL,
  secret: env.JWT_SECRET,
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: false },
  advanced: { database: { validateSchema: false } },
  plugins: [
    // ES256 as in Edge Auth.
    jwt({ jwks: { keyPairConfig: { alg: "ES256" } } }),
    oauthProvider({
      loginPage: "/sign-in",
      consentPage: "/consent",
      scopes: ["reports:read", "offline_access"],
      resources: ["https://api.example.com"],
      accessTokenExpiresIn: 600,
    }),
  ],
});
