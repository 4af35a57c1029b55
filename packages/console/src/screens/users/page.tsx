import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { call } from '../../data/call.ts';
import { useMay } from '../../data/session.ts';
import { useLanguage, useText } from '../../i18n/use-text.ts';
import { Button } from '../../parts/button.tsx';
import { Facts } from '../../parts/facts.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Empty } from '../../parts/states.tsx';
import type { TableColumn } from '../../parts/table.tsx';
import { Failure } from '../answer-panel.tsx';
import { useCodeName } from '../code-names.ts';
import { dutyWords } from '../duty-words.ts';
import { ListPanel } from '../list-panel.tsx';
import { Moment } from '../moment.tsx';
import { nameOf } from '../names.ts';
import { type ItemOf, usePages } from '../pages.ts';
import { useChange } from '../use-change.ts';
import { When } from '../when.tsx';
import { DutyMatrix } from './duty-matrix.tsx';
import { text } from './text.ts';
import { UserChangeForm } from './user-change-form.tsx';
import '../split.css';

type User = ItemOf<'GET /v1/users'>;

export default function UsersPage() {
  const words = useText(text);
  const language = useLanguage();
  const codeName = useCodeName();
  const navigate = useNavigate();
  const { user: chosen } = useSearch({ from: '/users' });
  const mayManage = useMay('user.manage');
  const users = usePages('GET /v1/users', {}, 10_000);
  const columns: readonly TableColumn<User>[] = [
    { key: 'user', title: words.user, width: 150, cell: ({ user }) => user },
    { key: 'duties', title: words.duties, cell: ({ title }) => title[language] },
    { key: 'state', title: words.state, width: 80, cell: ({ state }) => nameOf(words.states, state) },
    {
      key: 'factors',
      title: words.factors,
      width: 130,
      cell: ({ factors }) => factors.map((each) => codeName('factor', each)).join(' · ') || words.none,
    },
    { key: 'where', title: words.jurisdictions, width: 90, cell: ({ jurisdictions }) => jurisdictions.join(' ') },
    { key: 'sessions', title: words.sessions, width: 70, numeric: true, cell: ({ sessions }) => sessions },
    { key: 'last', title: words.lastSignIn, width: 136, cell: ({ lastSignIn }) => <When at={lastSignIn} clock="wall" /> },
  ];
  const choose = (user: string | undefined) => navigate({ to: '/users', search: user === undefined ? {} : { user } });
  const selected = users.data?.find(({ user }) => user === chosen);

  return (
    <div className="split">
      <div>
        <ListPanel
          pages={users}
          everyMs={10_000}
          title={words.title}
          label={words.title}
          about={words.about}
          none={words.empty}
          noneNext={words.choose}
          columns={columns}
          keyOf={({ user }) => user}
          selected={chosen}
          onSelect={({ user }) => choose(user)}
        />
        <DutyMatrix />
      </div>
      <aside>
        {selected !== undefined && <Chosen user={selected} />}
        {mayManage && <UserChangeForm key={selected?.user ?? ''} user={selected} />}
        {selected === undefined && !mayManage && <Empty why={words.choose} />}
        {selected !== undefined && mayManage && (
          <div className="actions">
            <Button onClick={() => choose(undefined)}>{words.create}</Button>
          </div>
        )}
      </aside>
    </div>
  );
}

function Chosen({ user }: { readonly user: User }) {
  const words = useText(text);
  const duties = useText(dutyWords);
  const codeName = useCodeName();
  const mayRevoke = useMay('user.revoke');
  const [asked, setAsked] = useState(false);
  const revoke = useChange(
    (name: string, idempotencyKey) =>
      call('POST /v1/users/{user}/revoke', { params: { user: name }, body: {}, idempotencyKey }),
    ['GET /v1/users'],
    () => words.revoked(user.user),
  );
  return (
    <Panel title={user.user} about={nameOf(words.states, user.state)}>
      <Facts
        facts={[
          [words.duties, user.duties.map((duty) => nameOf(duties, duty)).join(' · ')],
          [words.jurisdictions, user.jurisdictions.join(', ')],
          [words.entities, user.entities.join(', ') || words.none],
          [words.clients, user.clients.join(', ') || words.none],
          [words.factors, user.factors.map((each) => codeName('factor', each)).join(' · ') || words.none],
          [words.sessions, String(user.sessions)],
          [words.lastSignIn, <Moment key="last" at={user.lastSignIn} />],
        ]}
      />
      <Failure error={revoke.error} />
      {mayRevoke && (
        <div className="actions">
          <Button kind="danger" disabled={revoke.running} onClick={() => (asked ? revoke.run(user.user) : setAsked(true))}>
            {asked ? `${words.revoke}?` : words.revoke}
          </Button>
          {asked && <Button onClick={() => setAsked(false)}>{words.cancel}</Button>}
        </div>
      )}
    </Panel>
  );
}
