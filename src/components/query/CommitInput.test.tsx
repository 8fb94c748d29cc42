import { fireEvent, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';

import { CommitInput } from './CommitInput';

// As Grafana does with Escape, wherever on the page it is pressed.
function leaveOnEscape(event: KeyboardEvent) {
  if (event.key === 'Escape' && document.activeElement instanceof HTMLElement) {
    document.activeElement.blur();
  }
}
beforeEach(() => document.addEventListener('keydown', leaveOnEscape));
afterEach(() => document.removeEventListener('keydown', leaveOnEscape));

async function show() {
  const onCommit = jest.fn((_text: string) => undefined);
  function Panel() {
    const [value, setValue] = useState('five');
    return (
      <CommitInput
        value={value}
        onCommit={(text) => {
          onCommit(text);
          setValue(text);
        }}
      />
    );
  }
  render(<Panel />);
  const input = screen.getByRole('textbox');
  const user = userEvent.setup({ delay: null });
  await user.click(input);
  return { user, input, onCommit };
}

describe('CommitInput', () => {
  it('takes back what was typed with Escape, and stays', async () => {
    const { user, input, onCommit } = await show();
    await user.keyboard(' or six');
    expect(input).toHaveValue('five or six');
    await user.keyboard('{Escape}');
    expect(input).toHaveValue('five');
    expect(input).toHaveFocus();
    await user.tab();
    expect(onCommit).not.toHaveBeenCalled();
  });

  it('leaves Escape to Grafana where nothing was typed', async () => {
    const { user, input, onCommit } = await show();
    await user.keyboard('{Escape}');
    expect(input).not.toHaveFocus();
    expect(onCommit).not.toHaveBeenCalled();
  });

  it('commits once with Enter, and with leaving what was typed after it', async () => {
    const { user, input, onCommit } = await show();
    await user.keyboard(' or six{Enter}');
    expect(onCommit.mock.calls).toEqual([['five or six']]);
    await user.keyboard('{Enter}{Escape}');
    expect(onCommit).toHaveBeenCalledTimes(1);
    await user.click(input);
    await user.keyboard('?');
    fireEvent.blur(input);
    expect(onCommit.mock.calls).toEqual([['five or six'], ['five or six?']]);
    expect(input).toHaveValue('five or six?');
  });
});
