// The card that asks the user to check the passkeys after a password was set with a link. A new password removes no passkey.
import { Button } from "../../components/button.tsx";
import { useTexts } from "../../language.ts";
import { REVIEW } from "../../navigation.ts";
import { PasskeyList } from "./passkeys.tsx";
import type { PartProps } from "./passkeys.tsx";

export const isReviewRequested = (): boolean => new URLSearchParams(location.search).get(REVIEW) === "passkeys";

export function Review({ factors, onChange, onKeep }: PartProps & { onKeep: () => void }) {
  const { factors: { review } } = useTexts();
  const keep = () => {
    // The card is not shown again when the page is loaded again.
    history.replaceState(null, "", location.pathname);
    onKeep();
  };
  return (
    <section class="card" aria-labelledby="review">
      <h2 id="review">{review.title}</h2>
      <p>{review.lead}</p>
      <PasskeyList heading="h3" factors={factors} onChange={onChange} />
      <div class="tools">
        <Button kind="primary" onClick={keep}>
          {review.keep}
        </Button>
      </div>
    </section>
  );
}
