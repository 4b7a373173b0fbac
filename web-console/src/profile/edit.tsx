import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

import { get, patch, put, remove } from '../api/client';
import type { Me } from '../api/types';
import { welcome } from '../live/me';
import { Avatar, Button, Dialog, FormProblem, TextField, toast, useAction } from '../ui';
import { say } from './words';

const LARGEST_BYTES = 20 * 1024 * 1024;
const TYPES = 'image/png,image/jpeg,image/webp';

/** Photo and name; e-mail and extension are the administrator's. */
export function Edit({ user, onClose }: { user: Me; onClose: () => void }) {
  const name = useSignal(user.name);
  const photo = useSignal<File | 'keep' | 'none'>('keep');
  const preview = usePreview(photo.value instanceof File ? photo.value : null);
  const chooser = useRef<HTMLInputElement>(null);
  const large = photo.value instanceof File && photo.value.size > LARGEST_BYTES;
  const action = useAction(async () => {
    if (photo.value instanceof File) await put('/me/photo', await scaled(photo.value));
    if (photo.value === 'none') await remove('/me/photo');
    if (name.value.trim() !== user.name) await patch('/me', { name: name.value.trim() });
    welcome(await get<Me>('/me'));
  });
  async function save() {
    if (large || !(await action.run())) return;
    toast(say('saved'), { kind: 'good' });
    onClose();
  }
  const shown = preview ?? (photo.value === 'keep' ? user.photo_url : null);
  return (
    <Dialog
      title={say('edit')}
      onClose={onClose}
      onSubmit={save}
      actions={
        <Button kind="primary" submit busy={action.pending} disabled={!name.value.trim() || large}>
          {say('save')}
        </Button>
      }
    >
      <div class="row">
        <Avatar name={name.value} photo={shown} size={64} />
        <div class="stack grow">
          <div class="row">
            <Button icon="contact" onClick={() => chooser.current?.click()}>
              {say('photo_choose')}
            </Button>
            {shown && (
              <Button kind="quiet" icon="trash" onClick={() => (photo.value = 'none')}>
                {say('photo_remove')}
              </Button>
            )}
          </div>
          <p class={large ? 'field-error' : 'field-hint'}>{large ? say('photo_large') : (action.at('photo') ?? say('photo_hint'))}</p>
        </div>
        <input ref={chooser} type="file" class="unseen" tabIndex={-1} accept={TYPES} aria-label={say('photo')} onChange={(event) => (photo.value = event.currentTarget.files?.[0] ?? 'keep')} />
      </div>
      <TextField label={say('name')} required maxLength={120} value={name.value} onChange={(text) => (name.value = text)} error={action.at('name')} />
      <TextField label={say('email')} readonly value={user.email} onChange={() => {}} hint={say('set_by_administrator')} />
      <TextField label={say('extension')} readonly value={user.extension ?? say('no_extension')} onChange={() => {}} hint={say('set_by_administrator')} />
      <FormProblem problem={action.problem} />
    </Dialog>
  );
}

const SIDE_PX = 512;
const QUALITY = 0.85;

/** The middle of the picture as a square that is large enough for every screen, and small enough for every network. */
async function scaled(file: File): Promise<Blob> {
  const picture = await createImageBitmap(file);
  const side = Math.min(picture.width, picture.height);
  const canvas = new OffscreenCanvas(Math.min(side, SIDE_PX), Math.min(side, SIDE_PX));
  canvas.getContext('2d')?.drawImage(picture, (picture.width - side) / 2, (picture.height - side) / 2, side, side, 0, 0, canvas.width, canvas.height);
  return canvas.convertToBlob({ type: 'image/jpeg', quality: QUALITY });
}

function usePreview(file: File | null): string | null {
  const url = useSignal<string | null>(null);
  useEffect(() => {
    if (!file) return;
    const made = URL.createObjectURL(file);
    url.value = made;
    return () => {
      URL.revokeObjectURL(made);
      url.value = null;
    };
  }, [file]);
  return url.value;
}
