import { useMemo } from 'react';

import { Combobox } from '@grafana/ui';

import { timeZones } from './timeZones';

interface Props {
  id: string;
  width?: number;
  value: string | undefined;
  placeholder?: string;
  disabled?: boolean;
  invalid?: boolean;
  onChange: (zone: string) => void;
  /** Present where there need not be a zone. */
  onClear?: () => void;
}

/** A time zone, chosen from those that the browser knows or typed. */
export function TimeZoneInput({ value, onChange, onClear, ...input }: Props) {
  const options = useMemo(() => timeZones().map((zone) => ({ value: zone })), []);
  const common = { ...input, options, value: value ?? null, createCustomValue: true };
  return onClear ? (
    <Combobox {...common} isClearable onChange={(option) => (option ? onChange(option.value) : onClear())} />
  ) : (
    <Combobox {...common} onChange={(option) => onChange(option.value)} />
  );
}
