import { Icon } from './icon';

/** The way back to the list, whose address this is. */
export function Crumb({ href, title }: { href: string; title: string }) {
  return (
    <p>
      <a class="crumb" href={href}>
        <Icon name="chevron_left" size={14} />
        {title}
      </a>
    </p>
  );
}
