// A screen with a table: waiting, refused, empty or full, always the same way.

import type { ComponentChildren } from 'preact';

import { Button } from './button';
import type { IconName } from './icon';
import { Screen } from './page';
import type { Pages } from './resource';
import { Empty, ErrorState, Skeleton } from './states';
import { type Column, Table } from './table';
import { say } from './words';

export interface ListingProps<T> {
  title: string;
  lead?: string;
  actions?: ComponentChildren;
  /** Between the title and the rows: filters, notes. */
  above?: ComponentChildren;
  /** After the rows. */
  below?: ComponentChildren;
  pages: Pages<T>;
  columns: readonly Column<T>[];
  keyOf: (row: T) => string | number;
  onOpen?: (row: T) => void;
  /** Said where there is no row; `instead` takes the place of it all. */
  empty: { icon: IconName; title: string; text?: string; instead?: ComponentChildren };
}

export function Listing<T>({ title, lead, actions, above, below, ...rows }: ListingProps<T>) {
  return (
    <Screen title={title} {...(lead ? { lead } : {})} actions={actions}>
      {above}
      <Rows title={title} {...rows} />
      {below}
    </Screen>
  );
}

export function Rows<T>({ title, pages, columns, keyOf, onOpen, empty }: Omit<ListingProps<T>, 'lead' | 'actions' | 'above' | 'below'>) {
  if (pages.items.length === 0) {
    if (pages.problem) return <ErrorState problem={pages.problem} onRetry={pages.reload} />;
    if (pages.loading) return <Skeleton lines={6} />;
    if (empty.instead) return empty.instead;
    return (
      <Empty icon={empty.icon} title={empty.title}>
        {empty.text && <p>{empty.text}</p>}
      </Empty>
    );
  }
  return (
    <>
      {pages.problem && <ErrorState problem={pages.problem} onRetry={pages.reload} />}
      <Table label={title} columns={columns} rows={pages.items} keyOf={keyOf} {...(onOpen ? { onOpen } : {})} />
      {pages.more && (
        <div class="row">
          <Button onClick={pages.more}>{say('more')}</Button>
        </div>
      )}
    </>
  );
}
