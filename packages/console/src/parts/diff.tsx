import { NONE } from '../format/number.ts';
import { defineText } from '../i18n/text.ts';
import { useText } from '../i18n/use-text.ts';

const text = defineText(
  { field: '项目', before: '现在', after: '批准后', same: '没有变化' },
  { field: 'Field', before: 'Now', after: 'After approval', same: 'Nothing changes' },
);

/** One thing that a request would change. Null: it is not there before, or not after. */
export interface Change {
  readonly field: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** What a request would change, before beside after. Removed and added are told by words and a line through, not by colour alone. */
export function Diff({ changes }: { readonly changes: readonly Change[] }) {
  const words = useText(text);
  if (changes.length === 0) return <p className="dim">{words.same}</p>;
  return (
    <table className="table diff">
      <thead>
        <tr>
          <th>{words.field}</th>
          <th>{words.before}</th>
          <th>{words.after}</th>
        </tr>
      </thead>
      <tbody>
        {changes.map(({ field, before, after }) => (
          <tr key={field}>
            <th scope="row">{field}</th>
            <td>{before === null ? NONE : before === after ? before : <del>{before}</del>}</td>
            <td>{after === null ? NONE : before === after ? after : <ins>{after}</ins>}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
