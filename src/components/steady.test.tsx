import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';

import { SteadyCombobox, SteadyMultiCombobox } from './steady';

const options = ['Abandonment', 'Average ticket', 'Carts closed', 'Conversion', 'Revenue'].map((label) => ({
  value: label.toLowerCase(),
  label,
}));

function Single({ onChosen }: { onChosen?: (value: string) => void }) {
  const [value, setValue] = useState('carts closed');
  return (
    <SteadyCombobox
      id="one"
      options={options}
      value={value}
      onChange={(option) => {
        onChosen?.(option.value);
        setValue(option.value);
      }}
    />
  );
}

function Several({ createCustomValue = false }: { createCustomValue?: boolean }) {
  const [value, setValue] = useState<string[]>([]);
  return (
    <>
      <SteadyMultiCombobox
        options={options}
        value={value}
        createCustomValue={createCustomValue}
        onChange={(chosen) => setValue(chosen.map((option) => option.value))}
      />
      <output>{value.join(', ')}</output>
    </>
  );
}

const setUp = () => userEvent.setup();

describe('SteadyCombobox', () => {
  it.each(['{Enter}', '{Tab}'])('takes the first option that matches what is typed, by %s', async (key) => {
    const user = setUp();
    const onChosen = jest.fn();
    render(<Single onChosen={onChosen} />);
    await user.click(screen.getByRole('combobox'));
    await user.keyboard('rev');
    expect(await screen.findByRole('option')).toHaveTextContent('Revenue');
    await user.keyboard(key);
    expect(onChosen).toHaveBeenLastCalledWith('revenue');
    expect(screen.getByRole('combobox')).toHaveValue('Revenue');
  });

  it('takes the first of several options that match, or the one that an arrow leads to', async () => {
    const user = setUp();
    render(<Single />);
    await user.click(screen.getByRole('combobox'));
    await user.keyboard('a{Enter}');
    expect(screen.getByRole('combobox')).toHaveValue('Abandonment');
    await user.click(screen.getByRole('combobox'));
    await user.keyboard('av');
    await user.clear(screen.getByRole('combobox'));
    await user.keyboard('c{ArrowDown}{Enter}');
    expect(screen.getByRole('combobox')).toHaveValue('Conversion');
  });

  it('takes an option again after something that none matches', async () => {
    const user = setUp();
    render(<Single />);
    await user.click(screen.getByRole('combobox'));
    await user.keyboard('revx');
    expect(screen.queryByRole('option')).not.toBeInTheDocument();
    await user.keyboard('{Backspace}');
    await user.keyboard('{Enter}');
    expect(screen.getByRole('combobox')).toHaveValue('Revenue');
  });

  it('goes on to show what is chosen where none matches what is typed', async () => {
    const user = setUp();
    render(<Single />);
    await user.click(screen.getByRole('combobox'));
    await user.keyboard('revx');
    await user.keyboard('{Enter}');
    expect(screen.getByRole('combobox')).toHaveValue('Carts closed');
  });

  it('goes on to show what is chosen when Escape is pressed', async () => {
    const user = setUp();
    render(<Single />);
    const box = screen.getByRole('combobox');
    await user.click(box);
    await user.keyboard('rev{Escape}');
    expect(box).toHaveValue('Carts closed');
    await user.keyboard('{Escape}');
    expect(box).toHaveValue('Carts closed');
  });

  it('does not take back by Escape what may be cleared', async () => {
    const user = setUp();
    const onChange = jest.fn();
    render(<SteadyCombobox options={options} value="revenue" isClearable onChange={onChange} />);
    screen.getByRole('combobox').focus();
    await user.keyboard('{Escape}');
    expect(onChange).not.toHaveBeenCalled();
  });
});

describe('SteadyMultiCombobox', () => {
  it('adds the first option that matches what is typed, by Enter', async () => {
    const user = setUp();
    render(<Several />);
    await user.click(screen.getByRole('combobox'));
    await user.keyboard('rev');
    await user.keyboard('{Enter}');
    expect(screen.getByRole('status')).toHaveTextContent('revenue');
  });

  it('adds what is typed itself where there is nothing else to mean', async () => {
    const user = setUp();
    render(<Several createCustomValue />);
    await user.click(screen.getByRole('combobox'));
    await user.keyboard('2w');
    await user.keyboard('{Enter}');
    expect(screen.getByRole('status')).toHaveTextContent('2w');
  });

  it('leaves open whether what is typed or an option that matches is meant', async () => {
    const user = setUp();
    render(<Several createCustomValue />);
    await user.click(screen.getByRole('combobox'));
    await user.keyboard('rev');
    await user.keyboard('{Enter}');
    expect(screen.getByRole('status')).toBeEmptyDOMElement();
    await user.keyboard('{ArrowDown}{ArrowDown}{Enter}');
    expect(screen.getByRole('status')).toHaveTextContent('revenue');
  });
});
