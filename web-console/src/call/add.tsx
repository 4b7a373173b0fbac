import { useSignal } from '@preact/signals';

import { calls } from '../live/calls';
import { addCall, addNumber } from '../phone/phone';
import { Button, Icon, Popup, TextField, tell } from '../ui';
import { telephone } from '../words/language';
import { say } from './words';

/** Brings a third one into the call: by his number, or out of another call of one's own (F069). */
export function Add({ call, disabled }: { call: string; disabled: boolean }) {
  return (
    <Popup label={say('add')} buttonClass="button plain call-tile" disabled={disabled} button={<><Icon name="plus" size={16} /><span>{say('add')}</span></>}>
      {(close) => <Form call={call} close={close} />}
    </Popup>
  );
}

function Form({ call, close }: { call: string; close: () => void }) {
  const number = useSignal('');
  const others = [...calls.value.values()].filter((other) => other.id !== call && !other.supervision && (other.state === 'talking' || other.state === 'held'));
  async function add() {
    if (number.value.trim() && (await tell(() => addNumber(call, number.value.trim())))) close();
  }
  return (
    <form
      class="call-add"
      onSubmit={(event) => {
        event.preventDefault();
        void add();
      }}
    >
      <TextField label={say('add_number')} hint={say('add_hint')} type="tel" autofocus maxLength={64} value={number.value} onChange={(text) => (number.value = text)} />
      <Button kind="good" icon="phone" submit disabled={!number.value.trim()}>
        {say('add_call')}
      </Button>
      {others.map((other) => (
        <Button
          key={other.id}
          icon="users"
          onClick={async () => {
            if (await tell(() => addCall(call, other.id))) close();
          }}
        >
          {say('add_other', { name: other.name ?? telephone(other.number ?? '') })}
        </Button>
      ))}
    </form>
  );
}
