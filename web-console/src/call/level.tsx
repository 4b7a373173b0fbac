import { useEffect, useRef } from 'preact/hooks';

import { level } from '../phone/phone';
import { say } from './words';

const LOOK_EVERY_MS = 100;

/** Two small meters: oneself and the other side. They write into the page by themselves, past the drawing. */
export function Levels() {
  const near = useRef<HTMLMeterElement>(null);
  const far = useRef<HTMLMeterElement>(null);
  useEffect(() => {
    const timer = setInterval(() => {
      if (near.current) near.current.value = level('near');
      if (far.current) far.current.value = level('far');
    }, LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <span class="levels">
      <meter ref={near} class="meter" min={0} max={1} value={0} aria-label={say('level_near')} />
      <meter ref={far} class="meter" min={0} max={1} value={0} aria-label={say('level_far')} />
    </span>
  );
}
