import { act, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState, useSyncExternalStore, type ComponentProps } from 'react';

import { config, HealthStatus, type HealthCheckResult } from '@grafana/runtime';
import type { CodeEditor } from '@grafana/ui';

import { testDataSource } from '../testing/datasource';
import { checkCatalogText } from './config/catalogText';
import type { Settings } from './config/settings';
import { starterCatalog } from './config/starterCatalog';
import { ConfigEditor } from './ConfigEditor';

// The real one loads Monaco from the server. Like it, this one keeps the onChange that it is mounted with.
jest.mock('@grafana/ui', () => ({
  ...jest.requireActual<object>('@grafana/ui'),
  CodeEditor: function CodeEditor({ value, readOnly, onChange, monacoOptions }: CodeEditorProps) {
    const [mountedWith] = useState(() => onChange);
    return (
      <textarea
        aria-label={monacoOptions?.ariaLabel}
        value={value}
        readOnly={readOnly}
        onChange={(event) => mountedWith?.(event.target.value)}
      />
    );
  },
}));

type CodeEditorProps = ComponentProps<typeof CodeEditor>;

const base: Settings = {
  id: 1,
  uid: 'orders',
  orgId: 1,
  name: 'Orders',
  typeLogoUrl: '',
  type: 'pullview-orders-datasource',
  typeName: 'Live Orders',
  access: 'proxy',
  url: '',
  user: '',
  database: '',
  basicAuth: false,
  basicAuthUser: '',
  isDefault: false,
  readOnly: false,
  withCredentials: false,
  jsonData: {},
  secureJsonFields: {},
};

/** Renders the editor as the settings page does: what it changes comes back to it. */
async function edit(settings: Partial<Settings> = {}) {
  const onOptionsChange = jest.fn((_options: Settings) => undefined);
  let replace: (options: Settings) => void = () => undefined;
  function Page() {
    const [options, setOptions] = useState<Settings>({ ...base, ...settings });
    replace = setOptions;
    return (
      <ConfigEditor
        options={options}
        onOptionsChange={(next) => {
          onOptionsChange(next);
          setOptions(next);
        }}
      />
    );
  }
  const { rerender } = render(<Page />);
  const user = userEvent.setup({ delay: null });
  await user.click(await screen.findByLabelText('YAML'));
  const text = await screen.findByRole('textbox', { name: 'Catalog in YAML' });
  return {
    user,
    text,
    changed: () => onOptionsChange.mock.lastCall?.[0],
    onOptionsChange,
    rerender: () => rerender(<Page />),
    replace: (options: Settings) => act(() => replace(options)),
  };
}

const example = checkCatalogText(starterCatalog).catalog;

afterEach(() => {
  config.secureSocksDSProxyEnabled = false;
});

describe('ConfigEditor', () => {
  it('sets the connection where the built-in PostgreSQL source keeps it', async () => {
    const { user, changed } = await edit();
    await user.type(screen.getByRole('textbox', { name: /^Host/ }), 'db:5432');
    await user.type(screen.getByRole('textbox', { name: /^Database/ }), 'shop');
    await user.type(screen.getByRole('textbox', { name: /^User/ }), 'reader');
    await user.type(screen.getByLabelText('Password'), 'secret');
    expect(changed()).toMatchObject({
      url: 'db:5432',
      user: 'reader',
      jsonData: { database: 'shop' },
      secureJsonData: { password: 'secret' },
    });
  });

  it('shows a database that stands beside jsonData, and moves it', async () => {
    const { user, changed } = await edit({ database: 'old' });
    const input = screen.getByRole('textbox', { name: /^Database/ });
    expect(input).toHaveValue('old');
    await user.type(input, 'er');
    expect(changed()).toMatchObject({ database: '', jsonData: { database: 'older' } });
  });

  it('resets a secret and takes another one', async () => {
    const { user, changed } = await edit({ secureJsonFields: { password: true } });
    expect(screen.getByLabelText('Password')).toBeDisabled();
    await user.click(screen.getByRole('button', { name: 'Reset' }));
    expect(changed()).toMatchObject({ secureJsonFields: { password: false }, secureJsonData: { password: '' } });
    await user.type(screen.getByLabelText('Password'), 'new');
    expect(changed()?.secureJsonData).toEqual({ password: 'new' });
  });

  it.each([
    ['TLS mode', 'disable', { jsonData: { sslmode: 'disable' } }],
    ['Time zone', 'Africa/Abidjan', { jsonData: { catalog: { timezone: 'Africa/Abidjan' } } }],
  ])('passes a choice of %s on once where every change renders at once', async (label, name, chosen) => {
    // The settings page keeps its options in a store, and a fast click gives the combobox two events to work on together.
    const store = { options: { ...base, jsonData: { catalog: example } }, subscribers: new Set<() => void>() };
    const onOptionsChange = jest.fn((options: Settings) => {
      store.options = options as typeof store.options;
      store.subscribers.forEach((notify) => notify());
    });
    function Page() {
      const options = useSyncExternalStore(
        (notify) => {
          store.subscribers.add(notify);
          return () => store.subscribers.delete(notify);
        },
        () => store.options
      );
      return <ConfigEditor options={options} onOptionsChange={onOptionsChange} />;
    }
    render(<Page />);
    await userEvent.click(await screen.findByRole('combobox', { name: new RegExp(`^${label}`) }));
    const option = await screen.findByRole('option', { name: new RegExp(`^${name}`) });
    act(() => {
      fireEvent.mouseMove(option);
      fireEvent.click(option);
    });
    expect(onOptionsChange.mock.calls).toMatchObject([[chosen]]);
  });

  it('asks for certificates unless TLS is off', async () => {
    const { user, changed } = await edit();
    expect(screen.getByRole('combobox', { name: 'TLS mode' })).toHaveValue('require');
    await user.type(screen.getByLabelText('Client key'), 'key');
    expect(changed()?.secureJsonData).toEqual({ tlsClientKey: 'key' });
    await user.click(screen.getByRole('combobox', { name: 'TLS mode' }));
    await user.click(await screen.findByRole('option', { name: /^disable/ }));
    expect(changed()?.jsonData.sslmode).toBe('disable');
    expect(screen.queryByLabelText('CA certificate')).not.toBeInTheDocument();
    expect(screen.queryByLabelText('Client certificate')).not.toBeInTheDocument();
    expect(screen.queryByLabelText('Client key')).not.toBeInTheDocument();
  });

  it.each([true, false])('offers the secure SOCKS proxy if Grafana has it: %s', async (enabled) => {
    config.secureSocksDSProxyEnabled = enabled;
    const { user, changed } = await edit();
    if (!enabled) {
      expect(screen.queryByRole('switch', { name: /proxy/i })).not.toBeInTheDocument();
      return;
    }
    await user.click(screen.getByRole('switch', { name: /proxy/i }));
    expect(changed()?.jsonData.enableSecureSocksProxy).toBe(true);
  });

  it('writes a limit as a number, and none when the field is emptied', async () => {
    const { user, changed } = await edit();
    await user.click(screen.getByRole('button', { name: /section Limits/ }));
    const connections = screen.getByRole('spinbutton', { name: /^Connections/ });
    expect(connections).toHaveAttribute('placeholder', '8');
    await user.type(connections, '3');
    expect(changed()?.jsonData).toEqual({ maxOpenConns: 3 });
    await user.clear(connections);
    expect(changed()?.jsonData).toEqual({});
    fireEvent.change(screen.getByLabelText(/^Memory for kept numbers/), { target: { value: '0' } });
    expect(changed()?.jsonData).toEqual({ cacheMiB: 0 });
    fireEvent.change(screen.getByLabelText(/^Time between looks/), { target: { value: '250' } });
    expect(changed()?.jsonData).toEqual({ cacheMiB: 0, minLookIntervalMs: 250 });
    await user.click(screen.getByRole('switch', { name: /Prepared statements/ }));
    expect(changed()?.jsonData).toMatchObject({ preparedStatements: false });
  });

  describe('catalog', () => {
    it('is shown as YAML and stored as an object', async () => {
      const { user, text, changed } = await edit({ jsonData: { catalog: example } });
      expect(text).toHaveDisplayValue(/^version: 1\ntimezone: UTC\n/);
      await user.type(text, 'prefix: shop_');
      expect(changed()?.jsonData.catalog).toEqual({ ...(example as object), prefix: 'shop_' });
    });

    it('leads who has none to discovery, and not into an empty editor', async () => {
      render(<ConfigEditor options={base} onOptionsChange={jest.fn()} />);
      expect(await screen.findByText(/^There is no catalog yet/)).toBeInTheDocument();
      expect(screen.getByRole('radio', { name: 'Forms' })).toBeChecked();
      expect(screen.queryByRole('textbox', { name: 'Catalog in YAML' })).not.toBeInTheDocument();
      await userEvent.click(screen.getByRole('button', { name: 'Insert an example' }));
      await userEvent.click(screen.getByRole('radio', { name: 'YAML' }));
      expect(await screen.findByRole('textbox', { name: 'Catalog in YAML' })).toBeInTheDocument();
    });

    it('begins with a table in the forms, and is passed on once it has a metric', async () => {
      const { user, changed } = await edit();
      await user.click(screen.getByRole('radio', { name: 'Forms' }));
      await user.click(screen.getByRole('button', { name: 'Add a table' }));
      expect(await screen.findByText('New table')).toBeInTheDocument();
      await waitFor(() => expect(document.activeElement?.closest('[role="dialog"]')).not.toBeNull());
      fireEvent.change(screen.getByLabelText(/^Table or view/), { target: { value: 'public.orders' } });
      await user.keyboard('{Enter}');
      fireEvent.change(screen.getByLabelText(/^Event time/), { target: { value: 'created_at' } });
      await user.keyboard('{Enter}');
      await user.click(screen.getByText('Take over'));
      expect(await screen.findByText(/^The catalog needs a metric as well/)).toBeInTheDocument();
      expect(screen.getByRole('radio', { name: 'Forms' })).toBeChecked();
      expect(changed()?.jsonData.catalog).toBeUndefined();

      await user.click(await screen.findByRole('button', { name: 'Add a metric' }));
      expect(await screen.findByText('New metric')).toBeInTheDocument();
      fireEvent.change(screen.getByLabelText(/^Name/), { target: { value: 'placed' } });
      fireEvent.change(screen.getByLabelText(/^Meaning/), { target: { value: 'Orders placed' } });
      await user.click(screen.getByText('Take over'));
      expect(screen.queryByText(/^The catalog needs a metric as well/)).not.toBeInTheDocument();
      expect(changed()?.jsonData.catalog).toEqual({
        version: 1,
        timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
        tables: { orders: { relation: 'public.orders', time: 'created_at' } },
        metrics: { placed: { type: 'counter', table: 'orders', help: 'Orders placed' } },
      });
    });

    it('begins with an example on request', async () => {
      const { user, text, changed } = await edit();
      await user.click(screen.getByRole('button', { name: 'Insert an example' }));
      expect(text).toHaveValue(starterCatalog);
      expect(changed()?.jsonData.catalog).toEqual(example);
      expect(screen.queryByRole('button', { name: 'Insert an example' })).not.toBeInTheDocument();
    });

    it('is not passed on while it has problems, and its text is not lost', async () => {
      const { user, text, onOptionsChange, rerender, changed } = await edit({ jsonData: { catalog: example } });
      await user.clear(text);
      await user.click(text);
      await user.paste(starterCatalog.replace('type: gauge', 'type: gague'));
      const before = onOptionsChange.mock.calls.length;

      const problems = within(screen.getByRole('alert'));
      const line = starterCatalog.split('\n').findIndex((row) => row.includes('type: gauge')) + 1;
      expect(problems.getByRole('listitem')).toHaveTextContent(
        `Line ${line}, metrics.open_carts.type: "gague" is not one of counter, gauge`
      );
      expect(changed()?.jsonData).not.toHaveProperty('catalog'); // cleared before, and not set since
      rerender();
      await user.type(screen.getByRole('textbox', { name: /^Host/ }), 'db');
      expect(text).toHaveDisplayValue(/type: gague/);
      expect(
        onOptionsChange.mock.calls.slice(before).every(([options]) => options.jsonData.catalog === undefined)
      ).toBe(true);

      await user.clear(text);
      await user.click(text);
      await user.paste(starterCatalog);
      expect(changed()).toMatchObject({ url: 'db', jsonData: { catalog: example } });
      expect(screen.queryByRole('alert')).not.toBeInTheDocument();
    });

    it('is not the one that a health check is about while it has problems', async () => {
      const { user, text } = await edit({ jsonData: { catalog: example } });
      const datasource = testDataSource();
      datasource.callHealthCheck = () =>
        Promise.resolve({ status: HealthStatus.OK, message: 'All works.', details: {} } as HealthCheckResult);
      const check = () => act(() => datasource.testDatasource());
      expect(await check()).toMatchObject({ status: 'success', message: 'All works.' });
      expect(screen.queryByText(/^This is about the catalog that is saved/)).not.toBeInTheDocument();
      await user.type(text, 'metrics: [[');
      expect(await screen.findByText(/^This is about the catalog that is saved/)).toBeInTheDocument();
      expect(await check()).toMatchObject({
        status: 'warning',
        message: 'All works. This is about the saved catalog: the text on the page has problems and is not saved.',
      });
    });

    it('keeps its last valid form while the YAML is broken', async () => {
      const { user, text, onOptionsChange } = await edit({ jsonData: { catalog: example } });
      await user.type(text, 'metrics: [[');
      expect(screen.getByRole('alert')).toHaveTextContent(/Line \d+: /);
      expect(onOptionsChange).not.toHaveBeenCalled();
    });

    it('follows a catalog that changes elsewhere', async () => {
      const { user, text, replace } = await edit({ jsonData: { catalog: example } });
      await user.type(text, ' [[');
      replace({ ...base, jsonData: { catalog: { version: 1, timezone: 'Asia/Tokyo', tables: {}, metrics: {} } } });
      await waitFor(() => expect(text).toHaveDisplayValue(/Asia\/Tokyo/));
    });
  });

  it('cannot be changed where it is provisioned, and says so', async () => {
    const { user, text, onOptionsChange } = await edit({ readOnly: true });
    expect(screen.getByText(/provisioned from a file: change the catalog there/)).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: /section Limits/ }));
    for (const role of ['textbox', 'spinbutton', 'combobox', 'switch'] as const) {
      for (const control of screen.getAllByRole(role)) {
        if (control !== text) {
          expect(control).toBeDisabled();
        }
      }
    }
    expect(text).toHaveAttribute('readonly');
    expect(screen.getByLabelText('Password')).toBeDisabled();
    expect(screen.queryByRole('button', { name: 'Insert an example' })).not.toBeInTheDocument();
    expect(onOptionsChange).not.toHaveBeenCalled();
  });

  it('lets nobody reset a secret where it is provisioned', async () => {
    await edit({ readOnly: true, secureJsonFields: { password: true } });
    expect(screen.queryByRole('button', { name: 'Reset' })).not.toBeInTheDocument();
    expect(screen.getByLabelText('Password')).toHaveAttribute('placeholder', 'configured');
    expect(screen.getByLabelText('Client key')).toHaveAttribute('placeholder', 'not configured');
  });
});
