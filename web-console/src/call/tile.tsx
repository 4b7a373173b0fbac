import { Button, type ButtonProps } from '../ui';

export interface TileProps extends Pick<ButtonProps, 'icon' | 'onClick' | 'disabled' | 'tip' | 'label' | 'keys' | 'kind'> {
  /** A word, below the icon; `label` says more where one word does not do. */
  text: string;
  on?: boolean;
  /** Given up first where there is little room: a menu has it too. */
  minor?: boolean;
}

/** A verb of the call bar: an icon with its word below. */
export function Tile({ text, on = false, minor = false, ...rest }: TileProps) {
  return (
    <Button {...rest} class={`call-tile ${on ? 'on' : ''} ${minor ? 'minor' : ''}`}>
      {text}
    </Button>
  );
}
