import type { ComponentChildren } from 'preact';

import type { Interaction } from '../api/types';
import { Clips } from '../call/clips';
import { ContactPanel } from '../contact/panel';
import { Course } from '../history/course';
import { Notes } from '../interaction/notes';
import { Outcome } from '../interaction/outcome';
import { VisitorData } from '../interaction/visitor';
import { calls, isGuest } from '../live/calls';
import { tools } from '../settings/settings';
import { type IconName, IconButton, Panel } from '../ui';
import { say } from './words';

interface Tool {
  key: string;
  icon: IconName;
  title: string;
  content: ComponentChildren;
}

export interface ToolsProps {
  interaction: Interaction;
  past?: boolean;
  verbs?: ComponentChildren;
}

/** The bar at the right: everything about the Interaction but the talk itself (F151, F152). */
export function Tools({ interaction, past, verbs }: ToolsProps) {
  const call = past ? undefined : calls.value.get(interaction.call?.id ?? '');
  const all: (Tool | false)[] = [
    call !== undefined && !isGuest(call) && { key: 'clips', icon: 'sound', title: say('clips'), content: <Clips call={call} /> },
    { key: 'contact', icon: 'contact', title: say('contact'), content: <ContactPanel interaction={interaction} /> },
    interaction.medium === 'chat' && { key: 'visitor', icon: 'globe', title: say('visitor'), content: <VisitorData interaction={interaction} readonly={past ?? false} /> },
    { key: 'outcome', icon: 'tag', title: say('outcome'), content: <Outcome interaction={interaction} /> },
    { key: 'notes', icon: 'note', title: say('notes'), content: <Notes interaction={interaction.id} /> },
    past === true && interaction.medium === 'chat' && { key: 'course', icon: 'route', title: say('course'), content: <Course interaction={interaction.id} /> },
  ];
  const shown = all.filter((tool) => tool !== false);
  if (tools.value === 'folded') return <Folded shown={shown} />;
  return (
    <aside class="tools scrolls" aria-label={say('tools')}>
      <div class="tools-head">
        <span class="grow">{verbs}</span>
        <IconButton icon="arrow_right" tipAt="left" label={say('fold')} onClick={() => (tools.value = 'folded')} />
      </div>
      {shown.map((tool) => (
        <div key={tool.key} id={`tool-${tool.key}`}>
          <Panel title={tool.title} class="tool">
            {tool.content}
          </Panel>
        </div>
      ))}
    </aside>
  );
}

function Folded({ shown }: { shown: readonly Tool[] }) {
  function show(key: string) {
    tools.value = 'open';
    requestAnimationFrame(() => document.getElementById(`tool-${key}`)?.scrollIntoView({ block: 'start' }));
  }
  return (
    <aside class="tools folded" aria-label={say('tools')}>
      <IconButton icon="arrow_left" tipAt="left" label={say('unfold')} onClick={() => (tools.value = 'open')} />
      {shown.map((tool) => (
        <IconButton key={tool.key} icon={tool.icon} tipAt="left" label={tool.title} onClick={() => show(tool.key)} />
      ))}
    </aside>
  );
}
