import type { Interaction } from '../api/types';
import { Course } from '../history/course';
import { Header } from '../interaction/header';
import { nameOf } from '../interaction/state';
import { Conversation } from '../message/conversation';
import { Recordings } from '../recording/recordings';
import { href } from '../route/route';
import { Empty, ErrorState, Icon, Panel, Skeleton, useResource } from '../ui';
import { Tools } from './tools';
import { say } from './words';

/** An Interaction as the history has it: read only, with its recordings and its course. */
export function Past({ id }: { id: number }) {
  const read = useResource<Interaction>(`/interactions/${id}`, 'history');
  const interaction = read.data;
  if (read.problem && [403, 404].includes(read.problem.status)) {
    return (
      <main class="talk-place" id="main" tabIndex={-1}>
        <Empty icon="question" title={say('gone')}>
          <p>{say('gone_text')}</p>
        </Empty>
      </main>
    );
  }
  if (read.problem) return <ErrorState problem={read.problem} onRetry={read.reload} />;
  if (!interaction) return <Skeleton lines={8} />;
  return (
    <>
      <main class="talk-place" id="main" tabIndex={-1} aria-label={nameOf(interaction)}>
        <Header interaction={interaction} />
        {interaction.medium === 'voice' ? (
          <div class="voice scrolls">
            <Panel title={say('recordings')} class="plain">
              <Recordings of={`/interactions/${id}`} />
            </Panel>
            {interaction.call_id && (
              <p class="past-call">
                <a class="row" href={href('calls', interaction.call_id)}>
                  <Icon name="book" size={16} />
                  {say('call_record')}
                </a>
              </p>
            )}
            <Panel title={say('course')} class="plain">
              <Course interaction={id} />
            </Panel>
          </div>
        ) : (
          <Conversation interaction={interaction} name={nameOf(interaction)} />
        )}
      </main>
      <Tools interaction={interaction} past />
    </>
  );
}
