// Photo, or initials on a ground that stays the same for a name.

const HUES = 8;

export function Avatar({ name, photo, size = 32 }: { name: string; photo?: string | null | undefined; size?: 24 | 32 | 40 | 64 }) {
  if (photo) return <img class={`avatar size-${size}`} src={photo} alt="" width={size} height={size} />;
  return (
    <span class={`avatar size-${size} hue-${hueOf(name)}`} aria-hidden="true">
      {initials(name)}
    </span>
  );
}

function initials(name: string): string {
  const words = name.split(/\s+/).filter((word) => /^[\p{L}\p{N}]/u.test(word));
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => [...(word ?? '')][0] ?? '');
  return letters.join('').toLocaleUpperCase() || '#';
}

const hueOf = (name: string) => [...name].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973, 7) % HUES;
