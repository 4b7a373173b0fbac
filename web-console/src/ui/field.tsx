import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

import { say } from './words';

interface Frame {
  label: string;
  hint?: string | undefined;
  /** What is wrong with it; `problem?.field === name` decides in most forms. */
  error?: string | null | undefined;
  /** It can be saved like that, and will not do what is expected. */
  warning?: string | null | undefined;
  required?: boolean;
  disabled?: boolean;
  /** The label is read, not seen. */
  bare?: boolean;
  name?: string;
  class?: string;
}

interface Wiring {
  id: string;
  name?: string | undefined;
  required?: boolean | undefined;
  disabled?: boolean | undefined;
  'aria-invalid'?: boolean | undefined;
  'aria-describedby'?: string | undefined;
}

/** A label, its control, a hint and an error, tied together for all who read. */
export function Field({ label, hint, error, warning, required, disabled, bare, name, class: more = '', children }: Frame & { children: (wiring: Wiring) => ComponentChildren }) {
  const id = useId();
  const described = [hint && `${id}-hint`, (error || warning) && `${id}-error`].filter(Boolean).join(' ');
  return (
    <div class={`field ${more}`}>
      <label class={bare ? 'unseen' : 'field-label'} for={id}>
        {label}
      </label>
      {children({ id, name, required, disabled, 'aria-invalid': error ? true : undefined, 'aria-describedby': described || undefined })}
      {hint && (
        <p class="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {(error || warning) && (
        <p class={error ? 'field-error' : 'field-warning'} id={`${id}-error`}>
          {error || warning}
        </p>
      )}
    </div>
  );
}

export interface TextFieldProps extends Frame {
  value: string;
  onChange: (value: string) => void;
  type?: 'text' | 'email' | 'password' | 'tel' | 'url' | 'number' | 'search' | 'date' | 'datetime-local' | 'time';
  placeholder?: string;
  autocomplete?: string;
  autofocus?: boolean;
  readonly?: boolean;
  maxLength?: number;
  min?: number;
  max?: number;
  mono?: boolean;
}

export function TextField({ value, onChange, type = 'text', placeholder, autocomplete = 'off', autofocus, readonly, maxLength, min, max, mono, ...frame }: TextFieldProps) {
  return (
    <Field {...frame}>
      {(wiring) => (
        <input
          {...wiring}
          class={`input ${mono ? 'mono' : ''}`}
          // Preact tells apart what may have a list; ours never has one.
          type={type as 'email'}
          value={value}
          placeholder={placeholder}
          autocomplete={autocomplete}
          autofocus={autofocus}
          readonly={readonly}
          maxLength={maxLength}
          min={min}
          max={max}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

export interface TextAreaProps extends Frame {
  value: string;
  onChange: (value: string) => void;
  rows?: number;
  placeholder?: string;
  maxLength?: number;
}

export function TextArea({ value, onChange, rows = 3, placeholder, maxLength, ...frame }: TextAreaProps) {
  return (
    <Field {...frame}>
      {(wiring) => (
        <textarea {...wiring} class="input" rows={rows} placeholder={placeholder} maxLength={maxLength} value={value} onInput={(event) => onChange(event.currentTarget.value)} />
      )}
    </Field>
  );
}

export interface Choice {
  value: string;
  label: string;
  disabled?: boolean;
}

export interface SelectProps extends Frame {
  value: string;
  onChange: (value: string) => void;
  choices: readonly Choice[];
  /** A first entry with the value '' ; its text, or `true` for "Choose…". */
  none?: string | true;
}

export function Select({ value, onChange, choices, none, ...frame }: SelectProps) {
  return (
    <Field {...frame}>
      {(wiring) => (
        <select {...wiring} class="input" value={value} onChange={(event) => onChange(event.currentTarget.value)}>
          {none && <option value="">{none === true ? say('choose') : none}</option>}
          {choices.map((choice) => (
            <option key={choice.value} value={choice.value} disabled={choice.disabled}>
              {choice.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

export interface TickProps {
  label: string;
  hint?: string | undefined;
  error?: string | null | undefined;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
  name?: string;
}

export const Checkbox = (props: TickProps) => <Tick {...props} role={undefined} />;

/** For what takes effect, or is saved, as one thing that is on or off. */
export const Switch = (props: TickProps) => <Tick {...props} role="switch" />;

function Tick({ label, hint, error, checked, onChange, disabled, name, role }: TickProps & { role: 'switch' | undefined }) {
  const id = useId();
  return (
    <div class={`tick ${role ?? 'checkbox'}`}>
      <input
        id={id}
        name={name}
        type="checkbox"
        role={role}
        checked={checked}
        disabled={disabled}
        aria-invalid={error ? true : undefined}
        aria-describedby={hint || error ? `${id}-hint` : undefined}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <label for={id}>{label}</label>
      {(error || hint) && (
        <p class={error ? 'field-error' : 'field-hint'} id={`${id}-hint`}>
          {error || hint}
        </p>
      )}
    </div>
  );
}
