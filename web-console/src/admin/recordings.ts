import type { Choice } from '../ui';
import { say } from './words';

/** Whether calls are recorded, as extension, trunk and organization choose it. */
export const recordings = (): Choice[] => (['inherit', 'always', 'never'] as const).map((value) => ({ value, label: say(value) }));
