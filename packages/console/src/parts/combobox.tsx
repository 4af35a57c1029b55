import { Combobox as Base } from '@base-ui/react/combobox';
import { defineText } from '../i18n/text.ts';
import { useText } from '../i18n/use-text.ts';
import type { Option } from './select.tsx';

const text = defineText({ none: '没有匹配项' }, { none: 'No match' });

export interface ComboboxProps<V extends string> {
  readonly value: V | '';
  readonly options: readonly Option<V>[];
  readonly onValue: (value: V) => void;
  readonly placeholder?: string;
  readonly id?: string;
  readonly disabled?: boolean;
}

/** A choice among many, by typing part of a label: accounts, listings. Use it in lazily loaded pages: it brings 30 kB. */
export function Combobox<V extends string>({ value, options, onValue, placeholder, id, disabled = false }: ComboboxProps<V>) {
  const words = useText(text);
  const chosen = options.find((option) => option.value === value) ?? null;
  return (
    <Base.Root
      items={options}
      value={chosen}
      disabled={disabled}
      limit={200}
      onValueChange={(option: Option<V> | null) => option !== null && onValue(option.value)}
    >
      <Base.Input id={id} className="field" placeholder={placeholder} />
      <Base.Portal>
        <Base.Positioner className="over" sideOffset={2}>
          <Base.Popup className="menu">
            <Base.Empty className="menu-empty">{words.none}</Base.Empty>
            <Base.List>
              {(option: Option<V>) => (
                <Base.Item key={option.value} value={option} className="menu-item">
                  {option.label}
                </Base.Item>
              )}
            </Base.List>
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
