// The texts for failed administration requests.
import type { Failure } from "../api.ts";
import { failureText } from "../failures.ts";
import type { Texts } from "../language.ts";
import type { ConsoleTexts } from "./texts.ts";

export function consoleFailure(t: Texts, { failure, users, clients }: ConsoleTexts, cause: Failure): string {
  switch (cause.code) {
    case "missing_field":
      return failure.missing;
    case "user_not_found":
      return failure.noUser;
    case "not_permitted":
      return failure.notPermitted;
    case "admin_required":
    case "super_admin_required":
      return failure.noRole;
    case "version_mismatch":
      return failure.changed;
    case "user_disabled":
      return failure.userDisabled;
    case "last_super_admin":
      return failure.lastSuperAdmin;
    case "managed_by_identity_source":
      return failure.managedElsewhere;
    case "username_taken":
      return failure.usernameTaken;
    case "email_taken":
      return failure.emailTaken;
    case "invalid_username":
      return failure.invalidUsername;
    case "invalid_field":
      return failure.invalidField;
    case "invalid_cursor":
      return failure.cursor;
    case "unsupported_search":
      return users.unsupported;
    case "credentials_not_configured":
      return failure.noCredentials;
    case "client_not_found":
      return clients.failure.notFound;
    case "invalid_redirect_uri":
      return clients.failure.redirectUri;
    case "invalid_jwks":
      return clients.failure.keys;
    case "invalid_client_metadata":
      return clients.failure.misfit;
    case "too_many_clients":
      return clients.failure.tooMany;
    case "client_has_no_secret":
      return clients.failure.noSecret;
    case "unreadable_file":
      return failure.file;
    default:
      return failureText(t, cause);
  }
}
