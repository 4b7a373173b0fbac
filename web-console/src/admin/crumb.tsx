import { href } from '../route/route';
import { Icon } from '../ui';

/** The way back to the list. */
export function Crumb({ to, title }: { to: readonly string[]; title: string }) {
  return (
    <p>
      <a class="crumb" href={href(...to)}>
        <Icon name="chevron_left" size={14} />
        {title}
      </a>
    </p>
  );
}
