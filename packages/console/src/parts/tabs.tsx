import { Tabs as Base } from '@base-ui/react/tabs';
import type { ReactNode } from 'react';

export interface Tab<V extends string> {
  readonly value: V;
  readonly title: ReactNode;
  readonly content: ReactNode;
}

export interface TabsProps<V extends string> {
  readonly tabs: readonly Tab<V>[];
  /** Held by the address: a tab is a link. */
  readonly value: V;
  readonly onValue: (value: V) => void;
  readonly label: string;
}

/** Faces of one object. */
export function Tabs<V extends string>({ tabs, value, onValue, label }: TabsProps<V>) {
  return (
    <Base.Root className="tabs" value={value} onValueChange={(next) => onValue(next as V)}>
      <Base.List className="tab-list" aria-label={label}>
        {tabs.map((tab) => (
          <Base.Tab key={tab.value} value={tab.value} className="tab">
            {tab.title}
          </Base.Tab>
        ))}
      </Base.List>
      {tabs.map((tab) => (
        <Base.Panel key={tab.value} value={tab.value} className="tab-panel">
          {tab.content}
        </Base.Panel>
      ))}
    </Base.Root>
  );
}
