// Calls die with the run of the server that had them, and nothing is told of their end: the page says so by itself.

import { effect } from '@preact/signals';

import type { PageCall } from '../api/types';
import { calls } from '../live/calls';
import { interactions } from '../live/desk';
import { epoch } from '../live/socket';
import { go } from '../route/route';
import { toast } from '../ui';
import { telephone } from '../words/language';
import { say } from './words';

let run = epoch.peek();
effect(() => {
  const now = epoch.value;
  // The desk of the new run is not there yet: what is known is still of the old one.
  if (run !== null && now !== null && now !== run) [...calls.peek().values()].filter(({ supervision, joins }) => supervision === null && joins === null).forEach(tell);
  run = now;
});

function tell(call: PageCall) {
  const of = [...interactions.peek().values()].find((one) => one.call?.id === call.id);
  const name = of?.contact?.name ?? of?.title ?? call.name ?? call.number ?? '';
  const action = of ? { label: say('cut_open'), run: () => go('desk', 'history', of.id) } : null;
  toast(say('cut', { name: telephone(name) }), { kind: 'warn', more: of ? say('cut_text') : '', action });
}
