import { Component, type ComponentChildren } from 'preact';

import { asProblem } from '../api/problem';
import { ErrorState } from '../ui';

interface Props {
  children: ComponentChildren;
}

/** Keeps a screen that fails from taking the rest along: calls and offers stay in reach. */
export class Fence extends Component<Props, { error: unknown }> {
  override state: { error: unknown } = { error: null };

  override componentDidCatch(error: unknown) {
    console.error(error);
    this.setState({ error });
  }

  override render() {
    if (this.state.error === null) return this.props.children;
    return <ErrorState problem={asProblem(this.state.error)} onRetry={() => this.setState({ error: null })} />;
  }
}
