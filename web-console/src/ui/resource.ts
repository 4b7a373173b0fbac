// What a screen reads from the API, and what it sends: pending, refused, done.

import { type Signal, effect, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

import { changes } from '../api/changes';
import { get } from '../api/client';
import { type Problem, asProblem } from '../api/problem';
import type { Page } from '../api/types';
import { fieldTextOf } from './problem-text';

export interface Resource<T> {
  data: T | null;
  problem: Problem | null;
  loading: boolean;
  reload: () => Promise<void>;
  /** Puts in what the screen knows already, until it is read again. */
  set: (data: T) => void;
}

/** Reads `path` (null: nothing) and reads it again when it, or one of the nouns in `on`, changes. */
export function useResource<T>(path: string | null, on: string = ''): Resource<T> {
  return useReading(path, on, get<T>);
}

/** A list that is wanted whole: as [useResource], all its pages as one. */
export function useWhole<T extends Page<unknown>>(path: string | null, on: string = ''): Resource<T> {
  return useReading(path, on, whole<T>);
}

// Of 100 rows each: a list of more is none to choose from.
const MOST_PAGES = 50;

async function whole<T extends Page<unknown>>(path: string): Promise<T> {
  const first = await get<T>(path);
  const items = [...first.items];
  let next = first.next;
  for (let page = 1; next && page < MOST_PAGES; page += 1) {
    const more = await get<T>(onward(path, next));
    items.push(...more.items);
    next = more.next;
  }
  return { ...first, items, next };
}

const onward = (path: string, cursor: string) => `${path}${path.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(cursor)}`;

interface Reading {
  path: string;
  /** It was asked for again meanwhile: what is on its way may be old already. */
  again: boolean;
  done: Promise<void>;
}

function useReading<T>(path: string | null, on: string, read: (path: string) => Promise<T>): Resource<T> {
  const reading = useRef<Reading | null>(null);
  const state = useSignal<{ path: string | null; data: T | null; problem: Problem | null; loading: boolean }>({ path, data: null, problem: null, loading: path !== null });
  /** Never more than one request for the same at a time: who asks meanwhile is served by one more after it. */
  function load(fresh: boolean): Promise<void> {
    if (path === null) return Promise.resolve();
    const now = reading.current;
    if (now?.path === path) {
      now.again = true;
      return now.done;
    }
    const mine: Reading = { path, again: false, done: Promise.resolve() };
    reading.current = mine;
    state.value = { path, data: fresh ? null : state.value.data, problem: null, loading: true };
    mine.done = readOn(mine);
    return mine.done;
  }
  async function readOn(mine: Reading) {
    const { path } = mine;
    do {
      mine.again = false;
      try {
        const data = await read(path);
        // An answer for what is no longer shown comes too late.
        if (state.value.path === path) state.value = { path, data, problem: null, loading: mine.again };
      } catch (error) {
        if (state.value.path === path) state.value = { path, data: state.value.data, problem: asProblem(error), loading: mine.again };
      }
    } while (mine.again && state.value.path === path);
    if (reading.current === mine) reading.current = null;
  }
  useEffect(() => {
    void load(true);
    let seen = '';
    return effect(() => {
      const now = on ? on.split(' ').map((what) => changes.value[what] ?? 0).join() : '';
      if (seen && seen !== now) void load(false);
      seen = now;
    });
  }, [path, on]);
  const { data, problem, loading } = state.value;
  const current = state.value.path === path;
  return {
    data: current ? data : null,
    problem: current ? problem : null,
    loading: current ? loading : path !== null,
    reload: () => load(false),
    set: (next) => (state.value = { ...state.value, path, data: next }),
  };
}

export interface Pages<T> extends Omit<Resource<T[]>, 'set' | 'data'> {
  items: readonly T[];
  /** Reads the next page; `null` where there is none. */
  more: (() => Promise<void>) | null;
}

/** A list that is read page by page. `path` has its query already. */
export function usePages<T>(path: string | null, on: string = ''): Pages<T> {
  const first = useResource<Page<T>>(path, on);
  const further = useSignal<{ of: Page<T> | null; items: T[]; next: string | null }>({ of: null, items: [], next: null });
  const known = further.value.of === first.data ? further.value : { of: first.data, items: [], next: first.data?.next ?? null };
  async function more() {
    if (!known.next || path === null) return;
    const page = await get<Page<T>>(onward(path, known.next));
    further.value = { of: first.data, items: [...known.items, ...page.items], next: page.next };
  }
  return {
    items: [...(first.data?.items ?? []), ...known.items],
    problem: first.problem,
    loading: first.loading,
    reload: first.reload,
    more: known.next ? more : null,
  };
}

export interface Action {
  /** `true`: it was done. */
  run: () => Promise<boolean>;
  pending: boolean;
  problem: Problem | null;
  /** The refusal's words, where this field is to blame. */
  at: (field: string) => string | null;
  clear: () => void;
}

/** Something to send: at most one at a time, its refusal kept to be shown. */
export function useAction(send: () => Promise<unknown>): Action {
  const pending = useSignal(false);
  const problem: Signal<Problem | null> = useSignal<Problem | null>(null);
  async function run() {
    if (pending.value) return false;
    pending.value = true;
    problem.value = null;
    try {
      await send();
      return true;
    } catch (error) {
      problem.value = asProblem(error);
      return false;
    } finally {
      pending.value = false;
    }
  }
  return {
    run,
    pending: pending.value,
    problem: problem.value,
    at: (field) => (problem.value?.field === field ? fieldTextOf(problem.value) : null),
    clear: () => (problem.value = null),
  };
}
