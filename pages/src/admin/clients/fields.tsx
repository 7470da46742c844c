// The fields of an OAuth client, for the forms that register and change one. Fields that its choices do not need are not shown.
import type { Failure } from "../../api.ts";
import { Field } from "../../components/field.tsx";
import { Checks } from "../components/checks.tsx";
import { Select } from "../components/select.tsx";
import { TextArea } from "../components/text_area.tsx";
import type { AuthMethod } from "../contract.ts";
import { useConsoleTexts } from "../texts.ts";
import { offeredGrants } from "./properties.ts";
import type { Choices, Properties } from "./properties.ts";

interface FieldsProps {
  before: Properties;
  /** The methods of authentication that can be chosen. */
  methods: readonly AuthMethod[];
  choices: Choices;
  onChoices: (choices: Choices) => void;
  failure: Failure | undefined;
  /** The id of the message that shows the failure. */
  messageId: string;
}

export function ClientFields({ before, methods, choices, onChoices, failure, messageId }: FieldsProps) {
  const { clients } = useConsoleTexts();
  const texts = clients.form;
  const method = choices.token_endpoint_auth_method;
  const hasCode = choices.grant_types.includes("authorization_code");
  const hasCredentials = method !== "none" && choices.grant_types.includes("client_credentials");
  const errorOf = (...codes: string[]) => (failure && codes.includes(failure.code) ? messageId : undefined);
  const uris = (name: "redirect_uris" | "post_logout_redirect_uris") => ({ name, defaultValue: before[name].join("\n"), rows: 3, hint: texts.urisHint });
  return (
    <div class="fields">
      <Field
        label={clients.name}
        name="client_name"
        type="text"
        autocomplete="off"
        defaultValue={before.client_name}
        hint={texts.nameHint}
        errorId={errorOf("missing_field", "invalid_field")}
      />
      {methods.length > 0 && (
        <Select
          label={clients.authentication}
          name="token_endpoint_auth_method"
          value={method}
          options={methods.map((method) => [method, texts.methods[method]] as const)}
          onChange={(token_endpoint_auth_method) => onChoices({ ...choices, token_endpoint_auth_method })}
          {...(methods.includes("none") && { hint: texts.methodHint })}
        />
      )}
      <Checks
        label={clients.grantTypes}
        options={offeredGrants(choices).map((grant) => [grant, clients.grants[grant]] as const)}
        values={choices.grant_types}
        onChange={(grant_types) => onChoices({ ...choices, grant_types })}
        errorId={errorOf("missing_field", "invalid_client_metadata")}
      />
      {hasCode && (
        <>
          <TextArea {...uris("redirect_uris")} label={clients.redirectUris} errorId={errorOf("missing_field", "invalid_redirect_uri", "invalid_field")} />
          <TextArea {...uris("post_logout_redirect_uris")} label={texts.optional(clients.postLogoutUris)} isOptional errorId={errorOf("invalid_redirect_uri", "invalid_field")} />
        </>
      )}
      {hasCredentials && (
        <Field
          label={texts.optional(clients.scope)}
          name="scope"
          type="text"
          autocomplete="off"
          defaultValue={before.scope}
          hint={texts.scopeHint}
          isOptional
          errorId={errorOf("invalid_field")}
        />
      )}
      {method === "private_key_jwt" && (
        <TextArea label={clients.keys} name="jwks" defaultValue={before.jwks} rows={8} isWide hint={texts.keysHint} errorId={errorOf("missing_field", "invalid_jwks")} />
      )}
    </div>
  );
}
