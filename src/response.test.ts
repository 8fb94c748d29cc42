import { lastValueFrom, of, throwError } from 'rxjs';

import { dateTime, LoadingState, type DataFrame, type DataQueryRequest, type DataQueryResponse } from '@grafana/data';
import { setBackendSrv, type BackendSrv } from '@grafana/runtime';

import { testDataSource } from './testing/datasource';
import { message, speakPortuguese } from './testing/message';
import type { OrdersQuery } from './types';

const unknown = message('metric "x" is unknown', 'a métrica "x" é desconhecida');
const late = message('the answer was late', 'a resposta chegou tarde');
const cut = message('5 rows were left out', '5 linhas ficaram de fora');

function frame(meta: object) {
  return { schema: { meta, fields: [{ name: 'value', type: 'number' }] }, data: { values: [[1]] } };
}

const answered = {
  status: 200,
  frames: [
    frame({
      custom: { asOf: 1, notices: [cut] },
      notices: [
        { severity: 'warning', text: cut['en-US'] },
        { severity: 'info', text: 'Cached response' },
      ],
      stats: [
        { displayName: 'Rows read', value: 3 },
        { displayName: 'Processing', value: 1 },
      ],
    }),
  ],
};

/** An answer with an error, as the server gives it: in English, and in all languages in an empty frame. */
function failed(status: number, said: { 'en-US': string }) {
  return { error: said['en-US'], status, frames: [frame({ custom: { error: said } })] };
}

/** What becomes of an answer of Grafana's to the queries of these names. */
function responseTo(status: number, results: Record<string, object>): Promise<DataQueryResponse> {
  const answer = { status, data: { results } };
  // As Grafana's own: what is no success is thrown.
  const fetch = () => (status === 200 ? of(answer) : throwError(() => answer));
  setBackendSrv({ fetch } as unknown as BackendSrv);
  const targets = Object.keys(results).map((refId) => ({ refId, version: 1, metrics: ['revenue'] }));
  const range = { from: dateTime(1000), to: dateTime(2000), raw: { from: 'now-1h', to: 'now' } };
  const request = { targets, range, scopedVars: {} } as unknown as DataQueryRequest<OrdersQuery>;
  return lastValueFrom(testDataSource().query(request));
}

const texts = (response: DataQueryResponse) => ({
  error: response.error?.message,
  errors: response.errors?.map(({ refId, message }) => `${refId}: ${message}`),
  notices: response.data.flatMap(({ meta }: DataFrame) => meta?.notices?.map(({ text }) => text) ?? []),
  state: response.state,
});

describe('an answer', () => {
  it('says in English why a query failed, and what is to be known of the others', async () => {
    expect(texts(await responseTo(200, { A: answered, B: failed(400, unknown) }))).toEqual({
      error: unknown['en-US'],
      errors: [`B: ${unknown['en-US']}`],
      notices: [cut['en-US'], 'Cached response'],
      state: LoadingState.Error,
    });
  });

  it('keeps the error of a query whose frames do not tell it', async () => {
    const { error, errors } = texts(await responseTo(400, { A: { error: 'too many queries', status: 400 } }));
    expect([error, errors]).toEqual(['too many queries', ['A: too many queries']]);
  });

  describe('for a Brazilian', () => {
    beforeAll(speakPortuguese);

    it('says the same in Portuguese, each under its query', async () => {
      const response = await responseTo(200, { A: answered, B: failed(400, unknown), C: failed(504, late) });
      expect(texts(response)).toEqual({
        error: unknown['pt-BR'],
        errors: [`B: ${unknown['pt-BR']}`, `C: ${late['pt-BR']}`],
        notices: [cut['pt-BR'], 'Cached response'],
        state: LoadingState.Error,
      });
      expect(response.errors?.map(({ status }) => status)).toEqual([400, 504]);
    });

    it('names what the query inspector lists in Portuguese', async () => {
      const { data } = await responseTo(200, { A: answered });
      expect((data[0] as DataFrame).meta?.stats).toEqual([
        { displayName: 'Linhas lidas', value: 3 },
        { displayName: 'Processing', value: 1 },
      ]);
    });

    it('names in Portuguese where a click leads, except where others named it', async () => {
      const titles = ['Rows behind this value', 'Open ${__value.text}', 'Runbook'];
      const linked = frame({});
      Object.assign(linked.schema.fields[0] ?? {}, {
        config: { unit: 's', links: titles.map((title) => ({ title, url: '/' })) },
      });
      const { data } = await responseTo(200, { A: { status: 200, frames: [linked] } });
      const [value] = (data[0] as DataFrame).fields;
      expect(value?.config).toEqual({
        unit: 's',
        links: ['Linhas por trás deste valor', 'Abrir ${__value.text}', 'Runbook'].map((title) => ({
          title,
          url: '/',
        })),
      });
      expect(value?.values).toEqual([1]);
    });

    it('does so where the only query failed, which is an error for Grafana too', async () => {
      expect(texts(await responseTo(400, { A: failed(400, unknown) }))).toMatchObject({
        error: unknown['pt-BR'],
        errors: [`A: ${unknown['pt-BR']}`],
      });
    });

    it('leaves what Grafana says where the server said nothing', async () => {
      setBackendSrv({
        fetch: () => throwError(() => ({ status: 502, statusText: 'Bad Gateway' })),
      } as unknown as BackendSrv);
      const request = { targets: [{ refId: 'A', version: 1, metrics: ['revenue'] }], scopedVars: {} };
      const response = await lastValueFrom(testDataSource().query(request as unknown as DataQueryRequest<OrdersQuery>));
      expect(response.error?.message).toMatch(/502/);
    });
  });
});
