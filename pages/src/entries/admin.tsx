// /admin
import "../../console.css";
import { StepUp } from "../account/step_up.tsx";
import { ServiceName } from "../admin/components/heading.tsx";
import { Questions } from "../components/questions.tsx";
import { Console, NoAccess } from "../admin/console.tsx";
import { isAdministrator } from "../admin/rules.ts";
import { start } from "../start.tsx";

start({
  title: (t) => t.administration,
  session: "required",
  isWide: true,
  view: (props) => {
    if (props.session === null) return null;
    if (!isAdministrator(props.session.user)) return <NoAccess />;
    return (
      <StepUp {...props}>
        <Questions>
          <ServiceName.Provider value={props.options.branding.name}>
            <Console session={props.session} />
          </ServiceName.Provider>
        </Questions>
      </StepUp>
    );
  },
});
