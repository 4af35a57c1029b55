import { useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useBeat, useLineState } from '../data/line.ts';
import { useSession } from '../data/session.ts';
import { formatNumber, scaleUnit } from '../format/number.ts';
import { BEIJING, formatMoment, instantOf, ZONES, zoneName } from '../format/time.ts';
import { useText } from '../i18n/use-text.ts';
import { cyclePreference, setPreferences, usePreferences } from '../preferences.ts';
import type { HouseSearch } from '../router/root.ts';
import { text } from './text.ts';

/** Proves that what is on the screen is alive, and says in which colours, zones and language it is shown, and to whom. */
export function StatusBar() {
  const words = useText(text);
  const chosen = usePreferences();
  const navigate = useNavigate();
  const turnLanguage = () => {
    const language = chosen.language === 'zh' ? 'en' : 'zh';
    setPreferences({ language });
    void navigate({ to: '.', search: (all: HouseSearch): HouseSearch => ({ ...all, lang: language }), replace: true });
  };
  const turnZone = () => {
    const zones = Object.keys(ZONES).filter((zone) => zone !== BEIJING);
    setPreferences({ zone: zones[(zones.indexOf(chosen.zone) + 1) % zones.length] as string });
  };
  return (
    <footer className="status">
      <Liveness />
      <span className="push" />
      <Choice label={words.signs} value={words.signsOf[chosen.signs]} turn={() => cyclePreference('signs')} />
      <Choice label={words.scale} value={scaleUnit(chosen.scale, chosen.language)} turn={() => cyclePreference('scale')} />
      <Choice label={words.zones} value={words.zonesBoth(zoneName(chosen.zone, chosen.language))} turn={turnZone} />
      <Choice label={words.density} value={words.densityOf[chosen.density]} turn={() => cyclePreference('density')} />
      <Choice label={words.theme} value={words.themeOf[chosen.theme]} turn={() => cyclePreference('theme')} />
      <button type="button" aria-label={`${words.languageName}: ${words.language}`} onClick={turnLanguage}>
        <b>{words.language}</b>
      </button>
      <Watermark />
    </footer>
  );
}

function Liveness() {
  const words = useText(text);
  const beat = useBeat();
  const state = useLineState();
  if (state === 'silent') return <output className="bad">{words.silent}</output>;
  if (beat === null) return <span>{words.connecting}</span>;
  return (
    <>
      <span>
        {words.events} <b>{formatNumber(beat.lagMs)} ms</b>
      </span>
      <span>
        {words.pushed}{' '}
        <b>
          {formatNumber(beat.ratePerSecond)}
          {words.perSecond}
        </b>{' '}
        {words.conflated} <b>{formatNumber(beat.conflation, 0)}:1</b>
      </span>
      <span className="nodes">
        {Object.entries(beat.seq).map(([market, seq]) => (
          <span key={market}>
            {market} <b>#{formatNumber(seq)}</b>
          </span>
        ))}
      </span>
    </>
  );
}

function Choice({ label, value, turn }: { readonly label: string; readonly value: ReactNode; readonly turn: () => void }) {
  return (
    <button type="button" onClick={turn}>
      {label} <b>{value}</b>
    </button>
  );
}

/** Who looks, and when: on every screenshot. */
function Watermark() {
  const words = useText(text);
  const session = useSession();
  const beat = useBeat();
  const { language } = usePreferences();
  const at = instantOf(beat?.at) ?? Date.now() * 1000;
  return (
    <span>
      {words.watermark}{' '}
      <b>
        {session.user} {session.jurisdiction} {formatMoment(at, BEIJING, language, 'minute')}
      </b>
    </span>
  );
}
