/** A name for programs out of a title for people: lower-case letters, digits and hyphens, at most `most` of them. */
export const slug = (title: string, most = 63): string =>
  title
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, most)
    .replace(/-+$/, '');
