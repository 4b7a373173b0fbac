// The buttons at the foot of every form, and the question before something is deleted.

import { remove } from '../api/client';
import { Button, confirm, tell, toast } from '../ui';
import { say } from './words';

interface FootProps {
  verb?: string;
  busy: boolean;
  disabled?: boolean;
  onClose: () => void;
  /** At the left: deletes what is edited. */
  onDelete?: (() => unknown) | undefined;
}

export function FormFoot({ verb, busy, disabled = false, onClose, onDelete }: FootProps) {
  return (
    <>
      {onDelete && (
        <Button kind="quiet" icon="trash" onClick={onDelete}>
          {say('delete')}
        </Button>
      )}
      <span class="grow" />
      <Button onClick={onClose}>{say('back')}</Button>
      <Button kind="primary" submit busy={busy} disabled={disabled}>
        {verb ?? say('save')}
      </Button>
    </>
  );
}

/** Deletes after a question; `true`: it is gone. */
export async function erase(path: string, what: string, text: string): Promise<boolean> {
  if (!(await confirm({ title: say('delete_what', { what }), text, verb: say('delete'), kind: 'danger' }))) return false;
  if (!(await tell(() => remove(path)))) return false;
  toast(say('deleted', { what }));
  return true;
}
