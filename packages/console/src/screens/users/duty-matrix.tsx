import { useQuery } from '@tanstack/react-query';
import { reading } from '../../data/call.ts';
import { useText } from '../../i18n/use-text.ts';
import { AnswerPanel } from '../answer-panel.tsx';
import { useCodeName } from '../code-names.ts';
import { dutyWords } from '../duty-words.ts';
import { nameOf } from '../names.ts';
import { text } from './text.ts';

/** What each duty may ask for, as the policies say now, and which duties nobody holds together. */
export function DutyMatrix() {
  const words = useText(text);
  const called = useText(dutyWords);
  const codeName = useCodeName();
  const table = useQuery({ ...reading('GET /v1/duties'), refetchInterval: 60_000 });
  return (
    <AnswerPanel query={table} everyMs={60_000} title={words.table} about={words.tableAbout}>
      {({ duties, actions, apart }) => {
        const allowed = new Map(actions.map(({ duty, actions: names }) => [duty, new Set(names)]));
        const names = [...new Set(actions.flatMap((each) => each.actions))].sort();
        return (
          <>
            <div className="table-scroll">
              <table className="table matrix" aria-label={words.table}>
                <thead>
                  <tr>
                    <th scope="col">{words.action}</th>
                    {duties.map((duty) => (
                      <th key={duty} scope="col">
                        {nameOf(called, duty)}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {names.map((name) => (
                    <tr key={name}>
                      <th scope="row" title={name}>
                        {codeName('action', name)}
                      </th>
                      {duties.map((duty) => (
                        <td key={duty}>{allowed.get(duty)?.has(name) === true ? '●' : ''}</td>
                      ))}
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
            <h3 className="panel-title prose">{words.apart}</h3>
            <ul className="prose">
              {apart.map(([one = '', other = '']) => (
                <li key={`${one} ${other}`}>{words.pair(nameOf(called, one), nameOf(called, other))}</li>
              ))}
            </ul>
          </>
        );
      }}
    </AnswerPanel>
  );
}
