// Some of many: a list of ticks, with a search where it is long.

import { useSignal } from '@preact/signals';
import { useId } from 'preact/hooks';

import { TextField } from '../ui';
import { say } from './words';

export interface Pick {
  id: number;
  title: string;
  note?: string | undefined;
  disabled?: boolean;
}

export interface PicksProps {
  label: string;
  hint?: string;
  error?: string | null;
  /** It can be saved like that, and will not do what is expected. */
  warning?: string | null;
  /** Said where there is nothing to pick from. */
  none: string;
  all: readonly Pick[];
  chosen: readonly number[];
  onChange: (chosen: number[]) => void;
}

const SEARCH_FROM = 9;

export function Picks({ label, hint, error, warning, none, all, chosen, onChange }: PicksProps) {
  const id = useId();
  const search = useSignal('');
  const wanted = search.value.trim().toLocaleLowerCase();
  const shown = all.filter((pick) => pick.title.toLocaleLowerCase().includes(wanted));
  const toggle = (one: number, on: boolean) => onChange(on ? [...chosen, one] : chosen.filter((other) => other !== one));
  return (
    <fieldset class="picks" data-invalid={error ? '' : undefined} aria-describedby={hint || error || warning ? `${id}-hint` : undefined}>
      <legend class="field-label">
        {label} {chosen.length > 0 && <span class="count">{chosen.length}</span>}
      </legend>
      {all.length >= SEARCH_FROM && <TextField label={say('search')} bare type="search" placeholder={say('search')} value={search.value} onChange={(text) => (search.value = text)} />}
      <div class="picks-list scrolls" tabIndex={all.length >= SEARCH_FROM ? 0 : undefined} role={all.length >= SEARCH_FROM ? 'group' : undefined} aria-label={label}>
        {shown.map((pick) => (
          <div class="tick" key={pick.id}>
            <input
              id={`${id}-${pick.id}`}
              type="checkbox"
              checked={chosen.includes(pick.id)}
              disabled={pick.disabled && !chosen.includes(pick.id)}
              onChange={(event) => toggle(pick.id, event.currentTarget.checked)}
            />
            <label for={`${id}-${pick.id}`}>
              {pick.title} {pick.note && <span class="soft small">{pick.note}</span>}
            </label>
          </div>
        ))}
        {all.length === 0 && <p class="soft small">{none}</p>}
      </div>
      {(error || warning || hint) && (
        <p class={error ? 'field-error' : warning ? 'field-warning' : 'field-hint'} id={`${id}-hint`}>
          {error || warning || hint}
        </p>
      )}
    </fieldset>
  );
}
