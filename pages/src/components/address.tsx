// A host or a URI. It wraps after its separators if it is too long for one line.
import { Fragment } from "preact";

export function Address({ children }: { children: string }) {
  return (
    <bdi translate={false}>
      {children.split(/(?<=[./:])(?=[^./:])/).map((part, index) => (
        <Fragment key={index}>
          {index > 0 && <wbr />}
          {part}
        </Fragment>
      ))}
    </bdi>
  );
}
