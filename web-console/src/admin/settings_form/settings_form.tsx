// The form that a plugin's manifest asks for. What it shows it knows from the manifest alone.

import { Select, Switch, TextArea, TextField, useWhole } from '../../ui';
import { language } from '../../words/language';
import type { List, Queue, SettingField, Settings, Words } from '../shapes';
import { say } from './words';

/** What the form holds: everything as text, as the plugin gets it. */
export type SettingsDraft = Readonly<Record<string, string>>;

interface FormProps {
  fields: readonly SettingField[];
  /** What is kept: a secret is `true`. */
  kept: Settings;
  now: SettingsDraft;
  set: (now: SettingsDraft) => void;
  /** The words of a refusal, for a field of the request. */
  at: (field: string) => string | null;
}

export function SettingsForm({ fields, kept, now, set, at }: FormProps) {
  return (
    <>
      {fields.map((field) => (
        <Setting
          key={field.name}
          field={field}
          isKept={kept[field.name] === true}
          value={now[field.name] ?? ''}
          onChange={(value) => set({ ...now, [field.name]: value })}
          error={at(`settings.${field.name}`) ?? at(field.name)}
        />
      ))}
    </>
  );
}

interface SettingProps {
  field: SettingField;
  isKept: boolean;
  value: string;
  onChange: (value: string) => void;
  error: string | null;
}

function Setting({ field, isKept, value, onChange, error }: SettingProps) {
  const label = worded(field.title);
  const note = worded(field.note ?? '');
  const hint = [note, field.kind === 'secret' && isKept ? say('secret_kept') : ''].filter(Boolean).join(' ');
  const shared = { label, error, name: field.name, required: field.required ?? false, value, onChange, ...(hint ? { hint } : {}) };
  switch (field.kind) {
    case 'boolean':
      return <Switch label={label} {...(hint ? { hint } : {})} error={error} name={field.name} checked={value === 'true'} onChange={(on) => onChange(String(on))} />;
    case 'choice':
      return <Select {...shared} {...(field.required ? {} : { none: say('choose') })} choices={(field.choices ?? []).map((choice) => ({ value: choice.value, label: worded(choice.title) }))} />;
    case 'lines':
      return <TextArea {...shared} rows={3} />;
    case 'week':
      return <TextArea {...shared} hint={note || say('week_hint')} rows={3} />;
    case 'dates':
      return <TextArea {...shared} hint={note || say('dates_hint')} rows={3} />;
    case 'integer':
      return <TextField {...shared} type="number" {...(field.least != null ? { min: field.least } : {})} {...(field.most != null ? { max: field.most } : {})} />;
    case 'secret':
      return <TextField {...shared} type="password" autocomplete="new-password" required={(field.required ?? false) && !isKept} />;
    case 'time-zone':
      return <TimeZone {...shared} />;
    case 'queue':
      return <QueueByName {...shared} />;
    case 'url':
      return <TextField {...shared} type="url" mono />;
    case 'entries':
    case 'text':
      return <TextField {...shared} />;
  }
}

/** Rules name queues; people read their titles. */
function QueueByName(props: Omit<Parameters<typeof Select>[0], 'choices'>) {
  const queues = useWhole<List<Queue>>('/queues?limit=100', 'queues');
  const all = (queues.data?.items ?? []).map(({ name, title }) => ({ value: name, label: title }));
  // One that is gone stays to be seen.
  const choices = props.value && queues.data && !all.some(({ value }) => value === props.value) ? [{ value: props.value, label: props.value }, ...all] : all;
  return <Select {...props} none={say('queue_none')} choices={choices} />;
}

/** Chosen from what the browser knows, so that nobody mistypes a zone. */
function TimeZone(props: Omit<Parameters<typeof Select>[0], 'choices'>) {
  const zones = Intl.supportedValuesOf('timeZone');
  const all = props.value && !zones.includes(props.value) ? [props.value, ...zones] : zones;
  return <Select {...props} none={true} choices={all.map((zone) => ({ value: zone, label: zone.replaceAll('_', ' ') }))} />;
}

/** A plugin's words in the reader's language, else in English, else as they are. */
export function worded(words: Words | null): string {
  if (words === null || typeof words === 'string') return words ?? '';
  return words[language.value] ?? words['en'] ?? Object.values(words)[0] ?? '';
}

/** What a form starts with: what is kept, else the manifest's defaults; never a secret. */
export function settingsDraft(fields: readonly SettingField[], kept: Settings): SettingsDraft {
  const textOf = ({ name, kind, default: fallback }: SettingField): string => {
    const value = kept[name];
    if (kind === 'secret') return '';
    return value === null || value === undefined ? worded(fallback ?? '') : String(value);
  };
  return Object.fromEntries(fields.map((field) => [field.name, textOf(field)]));
}

/** What is sent: `null` where nothing stands; a secret only if one was typed. */
export function settingsBody(fields: readonly SettingField[], now: SettingsDraft): Record<string, string | null> {
  const said = fields.filter(({ name, kind }) => kind !== 'secret' || now[name]);
  return Object.fromEntries(said.map(({ name }) => [name, now[name] || null]));
}

/** Whether every field that must be filled in is. */
export const settingsComplete = (fields: readonly SettingField[], kept: Settings, now: SettingsDraft): boolean =>
  fields.every(({ name, required }) => !required || now[name] || kept[name] === true);
