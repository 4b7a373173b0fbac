import type { Attachment, Delivery, Message } from '../api/types';
import { Button, Icon, type IconName } from '../ui';
import { clock } from '../words/language';
import { discard, sendAgain } from './sending';
import { say } from './words';

const MARKS: Record<Exclude<Delivery, 'none'>, IconName> = { queued: 'clock', sent: 'check', delivered: 'checks', read: 'checks', failed: 'alert', unknown: 'question' };

/** One message: a bubble, or a line of the system. `first`: its author did not write the one before. */
export function Bubble({ message, quoted, first, name }: { message: Message; quoted: Message | undefined; first: boolean; name: string }) {
  if (message.direction === 'system') {
    return (
      <li class="system-line">
        <span>{message.text}</span> <time class="soft">{clock(message.at_ms)}</time>
      </li>
    );
  }
  const author = message.direction === 'in' ? name : (message.author?.name ?? '');
  return (
    <li class={`bubble ${message.direction} ${first ? 'first' : ''} ${message.state}`} data-message={message.id}>
      {first && <p class="bubble-author">{author}</p>}
      <div class="bubble-in">
        {message.direction === 'comment' && (
          <p class="bubble-kind">
            <Icon name="lock" size={14} />
            {say('comment')}
          </p>
        )}
        {quoted && (
          <blockquote class="quote" aria-label={say('quoted')}>
            {quoted.text}
          </blockquote>
        )}
        {message.deleted_at_ms !== null ? <p class="soft">{say('deleted')}</p> : <p class="bubble-text">{linked(message.text)}</p>}
        {message.attachments.map((one) => (
          <Attached key={one.id} file={one} />
        ))}
        <p class="bubble-foot">
          {message.edited_at_ms !== null && <span>{say('edited')}</span>}
          <time>{clock(message.at_ms)}</time>
          {message.direction === 'out' && message.state !== 'none' && (
            <span class={`delivery ${message.state}`} title={message.reason ?? say(message.state)}>
              <Icon name={MARKS[message.state]} size={14} label={say(message.state)} />
            </span>
          )}
        </p>
      </div>
      {(message.state === 'queued' || message.state === 'unknown') && message.reason && (
        <p class="bubble-waits small soft">
          {say(message.state)}: {message.reason}
        </p>
      )}
      {message.state === 'failed' && (
        <p class="bubble-failed small">
          {say('failed')}
          {message.reason && `: ${message.reason}`}
          {message.id < 0 && (
            <>
              <Button size="small" kind="quiet" icon="retry" onClick={() => sendAgain(message)}>
                {say('retry')}
              </Button>
              <Button size="small" kind="quiet" icon="trash" onClick={() => discard(message)}>
                {say('discard')}
              </Button>
            </>
          )}
        </p>
      )}
    </li>
  );
}

const ADDRESS = /(https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]])/g;

/** The text, its web addresses as links. Nothing of it is ever read as HTML. */
function linked(text: string) {
  return text.split(ADDRESS).map((part, at) =>
    at % 2 === 0 ? (
      part
    ) : (
      <a key={at} href={part} target="_blank" rel="noopener noreferrer">
        {part}
      </a>
    ),
  );
}

function Attached({ file }: { file: Attachment }) {
  if (file.media_type.startsWith('image/')) {
    return (
      <a href={file.url} target="_blank" rel="noopener noreferrer">
        <img class="attached" src={file.url} alt={file.file_name} loading="lazy" />
      </a>
    );
  }
  if (file.media_type.startsWith('audio/')) return <audio class="attached" controls preload="metadata" src={file.url} aria-label={file.file_name} />;
  return (
    <a class="attached-file" href={file.url} target="_blank" rel="noopener noreferrer" download={file.file_name}>
      <Icon name="copy" size={16} />
      {file.file_name}
    </a>
  );
}
