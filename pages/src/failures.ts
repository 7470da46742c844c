// What a failure means, in the language of the user. The texts are the page's own; the texts of the API are for programs.
import type { Failure } from "./api.ts";
import type { Texts } from "./language.ts";

type FactorFailures = Texts["factors"]["failures"];

/** The default of `PASSWORD_MIN_LENGTH`, for a page that does not know the configured number. */
const UNKNOWN_MINIMUM = 15;

export function failureText(t: Texts, { code, status, retryAfter }: Failure, minimum = UNKNOWN_MINIMUM): string {
  const { failure } = t;
  switch (code) {
    case "network":
      return failure.network;
    case "rate_limited":
    case "back_off":
      return failure.tooMany(retryAfter ?? 60);
    case "missing_field":
      return failure.missing;
    case "invalid_email":
      return failure.email;
    case "email_of_identity_source":
      return t.account.fromDirectory;
    case "email_disabled":
      return t.changeEmail.unavailable;
    case "invalid_credentials":
      return failure.credentials;
    case "invalid_current_password":
      return failure.currentPassword;
    case "password_too_short":
      return failure.passwordTooShort(minimum);
    case "password_too_long":
      return failure.passwordTooLong;
    case "password_too_common":
      return failure.passwordTooCommon;
    case "password_contains_name":
      return failure.passwordContainsName;
    case "invalid_link":
      return failure.link;
    case "access_denied":
    case "session_ended":
      return failure.denied;
    case "no_assignment":
      return failure.noAssignment;
    case "device_code_expired":
    case "invalid_device_code":
    case "invalid_client":
      return failure.codeExpired;
    case "session_not_found":
      return failure.sessionNotFound;
    case "grant_not_found":
      return t.applications.notFound;
    case "consent_changed":
      return t.consent.changed;
    case "cross_site_request":
      return failure.crossSite;
    case "aws_failed":
    case "aws_not_configured":
      return failure.awsUnavailable;
    default:
      if (Object.hasOwn(t.factors.failures, code)) return t.factors.failures[code as keyof FactorFailures];
      return status === 503 ? failure.temporary : failure.unknown;
  }
}
