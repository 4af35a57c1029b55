import { useQuery, useQueryClient } from '@tanstack/react-query';
import { call, reading } from '../../data/call.ts';
import { useMay, useSession } from '../../data/session.ts';
import { scaleUnit } from '../../format/number.ts';
import { ZONES, zoneName } from '../../format/time.ts';
import { useLanguage, useText } from '../../i18n/use-text.ts';
import { useBindings } from '../../keys/bindings.ts';
import { Signed } from '../../parts/amount.tsx';
import { Button } from '../../parts/button.tsx';
import { Facts } from '../../parts/facts.tsx';
import { Field } from '../../parts/field.tsx';
import { KeyHint } from '../../parts/key-hint.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Select } from '../../parts/select.tsx';
import { Empty } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { notify } from '../../parts/toast.tsx';
import { setPreferences, usePreferences } from '../../preferences.ts';
import { railOf } from '../../shell/rail-order.ts';
import { AnswerPanel, Failure } from '../answer-panel.tsx';
import { dutyWords } from '../duty-words.ts';
import { Moment } from '../moment.tsx';
import { nameOf } from '../names.ts';
import { EnrolFactor } from '../sign-in/enrol.tsx';
import { text as signInText } from '../sign-in/text.ts';
import { useChange } from '../use-change.ts';
import { When } from '../when.tsx';
import './settings.css';
import { text } from './text.ts';

const EVERY_MS = 15_000;

/** 设置与帮助: how things look in this browser, who I am and where else I am signed in, and every key. */
export default function Settings() {
  return (
    <div className="settings">
      <Look />
      <div>
        <WhoAmI />
        <Factors />
      </div>
      <Sessions />
      <Codes />
      <Keys />
    </div>
  );
}

function Look() {
  const words = useText(text);
  const chosen = usePreferences();
  const options = <V extends string>(names: Readonly<Record<V, string>>) =>
    (Object.entries(names) as [V, string][]).map(([value, label]) => ({ value, label }));
  return (
    <Panel title={words.here} about={words.hereAbout}>
      <div className="form settings-form settings-look">
        <Field label={words.language}>
          <Select
            value={chosen.language}
            options={[
              { value: 'zh', label: '中文' },
              { value: 'en', label: 'English' },
            ]}
            onValue={(language) => setPreferences({ language })}
          />
        </Field>
        <Field label={words.theme}>
          <Select value={chosen.theme} options={options(words.themeOf)} onValue={(theme) => setPreferences({ theme })} />
        </Field>
        <Field
          label={words.signs}
          note={
            <>
              {words.sample} <Signed value="4126" /> <Signed value="-964" />
            </>
          }
        >
          <Select value={chosen.signs} options={options(words.signsOf)} onValue={(signs) => setPreferences({ signs })} />
        </Field>
        <Field label={words.density}>
          <Select
            value={chosen.density}
            options={options(words.densityOf)}
            onValue={(density) => setPreferences({ density })}
          />
        </Field>
        <Field label={words.scale}>
          <Select
            value={chosen.scale}
            options={(['one', 'wan', 'million', 'yi'] as const).map((value) => ({
              value,
              label: scaleUnit(value, chosen.language),
            }))}
            onValue={(scale) => setPreferences({ scale })}
          />
        </Field>
        <Field label={words.zone}>
          <Select
            value={chosen.zone}
            options={Object.keys(ZONES).map((value) => ({ value, label: zoneName(value, chosen.language) }))}
            onValue={(zone) => setPreferences({ zone })}
          />
        </Field>
      </div>
    </Panel>
  );
}

function WhoAmI() {
  const words = useText(text);
  const language = useLanguage();
  const session = useSession();
  const duties = useText(dutyWords);
  return (
    <Panel title={words.who}>
      <div className="settings-form">
        <Facts
          facts={[
            [words.user, `${session.user} · ${session.title[language]}`],
            [words.duty, session.duties.map((duty) => nameOf(duties, duty)).join(' · ')],
            [words.jurisdiction, session.jurisdiction],
            [words.entities, session.entities.join(' · ')],
            [words.expires, <Moment key="expires" at={session.expires} />],
          ]}
        />
      </div>
    </Panel>
  );
}

/** My second factors. Enrolling one ends my other sessions. */
function Factors() {
  const words = useText(text);
  const { factors, strong } = useSession();
  const mayManage = useMay('credential.manage');
  const signIn = useText(signInText);
  const queries = useQueryClient();
  const done = () => {
    notify('done', words.factorEnrolled);
    void queries.invalidateQueries({ queryKey: ['GET /v1/sessions'] });
  };
  return (
    <Panel title={words.factors} about={words.factorsAbout}>
      <div className="settings-form">
        <Facts
          facts={[
            [words.enrolled, factors.map((each) => signIn.kindOf[each]).join(' · ') || words.noFactors],
            [words.shownNow, strong ? words.yes : words.no],
          ]}
        />
        {mayManage && <EnrolFactor done={done} />}
      </div>
    </Panel>
  );
}

/** Where else I am signed in; any of it can be ended from here. */
function Sessions() {
  const words = useText(text);
  const query = useQuery({ ...reading('GET /v1/sessions'), refetchInterval: EVERY_MS });
  const end = useChange(
    (session: string, idempotencyKey) => call('DELETE /v1/sessions/{session}', { params: { session }, idempotencyKey }),
    ['GET /v1/sessions'],
    () => words.ended,
  );
  return (
    <AnswerPanel query={query} everyMs={EVERY_MS} title={words.sessions}>
      {(rows) => (
        <>
          <Failure error={end.error} />
          {rows.length === 0 ? (
            <Empty why={words.noSessions} next={words.noSessionsNext} />
          ) : (
            <Table
              label={words.sessions}
              rows={rows}
              keyOf={(row) => row.session}
              columns={[
                {
                  key: 'session',
                  title: words.session,
                  cell: (row) => (row.current ? words.current : row.session.slice(0, 8)),
                },
                { key: 'place', title: words.place, width: 70, cell: (row) => row.jurisdiction },
                { key: 'strong', title: words.factor, width: 80, cell: (row) => (row.strong ? words.yes : words.no) },
                { key: 'since', title: words.since, width: 118, cell: (row) => <When at={row.since} clock="wall" /> },
                { key: 'seen', title: words.seen, width: 118, cell: (row) => <When at={row.lastSeen} clock="wall" /> },
                {
                  ...{ key: 'end', title: words.end, width: 60 },
                  cell: (row) =>
                    !row.current && (
                      <Button kind="quiet" disabled={end.running} onClick={() => end.run(row.session)}>
                        {words.end}
                      </Button>
                    ),
                },
              ]}
            />
          )}
        </>
      )}
    </AnswerPanel>
  );
}

function Codes() {
  const words = useText(text);
  const language = useLanguage();
  const { allowed } = useSession();
  return (
    <Panel title={words.codes} about={words.codesAbout}>
      <Table
        label={words.codes}
        rows={railOf(allowed)}
        keyOf={(screen) => screen.path}
        columns={[
          { key: 'code', title: words.code, width: 80, cell: (screen) => <b>{screen.code}</b> },
          { key: 'page', title: words.page, cell: (screen) => screen.title[language] },
          {
            key: 'go',
            title: words.go,
            width: 80,
            cell: (screen) => screen.go !== undefined && <KeyHint keys={`g ${screen.go}`} />,
          },
        ]}
      />
    </Panel>
  );
}

function Keys() {
  const words = useText(text);
  const language = useLanguage();
  const bindings = useBindings().filter((each) => each.scope === 'console');
  return (
    <Panel title={words.keys} about={words.keysAbout}>
      <Table
        label={words.keys}
        rows={bindings}
        keyOf={(each) => each.keys}
        columns={[
          { key: 'keys', title: words.go, width: 110, cell: (each) => <KeyHint keys={each.keys.replaceAll('+', ' ')} /> },
          { key: 'label', title: words.page, cell: (each) => each.label[language] },
        ]}
      />
    </Panel>
  );
}
