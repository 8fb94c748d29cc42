package catalog

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/pkg/message"
)

// sound is the catalog in which each broken case changes a value or two.
const soundCatalog = `
version: 1
prefix: shop_
timezone: UTC
tables:
  orders:
    relation: public.orders
    time: created_at
    changes: {mode: append_only, lateness: 1h}
    records: [id, total]
    dimensions: {channel: {column: channel, values: [web, app]}}
  carts:
    relation: carts
metrics:
  sold: {type: counter, table: orders, sum: total, help: Sold, aliases: [vendas]}
  open: {type: gauge, table: carts, opened: opened_at, closed: closed_at, help: Open}
  spread: {type: histogram, table: orders, observe: total, help: Spread}
  tail: {type: summary, table: orders, observe: total, quantiles: [0.5, 0.9], help: Tail}
  people: {type: distinct, table: orders, column: customer, help: People}
  ticket: {type: ratio, numerator: sold, denominator: people, help: Ticket}
annotations:
  refunds: {table: orders, title: reason, tags: [channel], help: Refunds}
`

// absent takes a key away.
type absent struct{}

// The paths of set lead to the values that a case changes, in the notation of
// problems, with slashes for dots. want lists every problem, in order: its path
// and what its message must contain.
var brokenCatalogs = map[string]struct {
	set        map[string]any
	want       []Problem
	bySemantic bool // the schema cannot see it
}{
	"no version":           {set: edits("version", absent{}), want: one("version", "is missing; write version: 1")},
	"unknown version":      {set: edits("version", 2), want: one("version", "2 is unknown; this plugin reads version 1")},
	"version as text":      {set: edits("version", "1"), want: one("version", `is "1" where a number is expected`)},
	"half a version":       {set: edits("version", 1.5), want: one("version", "1.5 is no whole number")},
	"prefix with a hyphen": {set: edits("prefix", "my-shop_"), want: one("prefix", `"my-shop_" cannot begin a metric's name`)},
	"empty prefix":         {set: edits("prefix", ""), want: one("prefix", "is an empty text")},
	"no zone":              {set: edits("timezone", absent{}), want: one("timezone", "write the IANA name")},
	"unknown zone":         {set: edits("timezone", "America/Sao_Paolo"), want: one("timezone", `"America/Sao_Paolo" is no IANA time zone`), bySemantic: true},
	"the server's zone":    {set: edits("timezone", "Local"), want: one("timezone", `"Local" is no IANA time zone`), bySemantic: true},
	"a file as zone":       {set: edits("timezone", "../../etc/passwd"), want: one("timezone", "is no IANA time zone"), bySemantic: true},
	"unknown table zone":   {set: edits("tables/orders/timezone", "Mars"), want: one("tables.orders.timezone", `"Mars" is no IANA time zone`), bySemantic: true},
	"misspelt top key":     {set: edits("timezon", "UTC"), want: one("timezon", `unknown key; did you mean "timezone"? (known here: version, prefix, timezone, tables, metrics, annotations)`)},
	"key in another case":  {set: edits("Prefix", "x"), want: one("Prefix", `did you mean "prefix"?`)},
	"no tables":            {set: edits("tables", absent{}), want: one("tables", "is missing")},
	"tables as a list":     {set: edits("tables", []any{"orders"}), want: one("tables", "is a list where a group of keys is expected")},
	"tables as a block":    {set: edits("tables", "orders:\n  relation: x"), want: one("tables", "write keys below it, not a block of text")},
	"tables with no value": {set: edits("tables", nil), want: one("tables", "has no value")},
	"no metrics at all":    {set: edits("metrics", map[string]any{}), want: one("metrics", "declare at least one metric")},

	"table name with a dot":   {set: edits("tables/a.b", map[string]any{"relation": "x"}), want: one(`tables["a.b"]`, `"a.b" cannot name a table`)},
	"table with no value":     {set: edits("tables/empty", nil), want: one("tables.empty", "has no value")},
	"no relation":             {set: edits("tables/orders/relation", absent{}), want: one("tables.orders.relation", "is missing; name a table or view")},
	"relation of three parts": {set: edits("tables/orders/relation", "shop.public.orders"), want: one("tables.orders.relation", `"shop.public.orders": more than two parts`)},
	"relation with a space":   {set: edits("tables/orders/relation", "order lines"), want: one("tables.orders.relation", "in double quotes")},
	"relation left open":      {set: edits("tables/orders/relation", `"orders`), want: one("tables.orders.relation", "a double quote is not closed")},
	"relation with an injection": {set: edits("tables/orders/relation", "orders; drop table orders"),
		want: one("tables.orders.relation", `stray "; drop table orders" after the name`)},
	"relation too long":        {set: edits("tables/orders/relation", strings.Repeat("o", 64)), want: one("tables.orders.relation", "longer than the 63 bytes"), bySemantic: true},
	"expression as time":       {set: edits("tables/orders/time", "lower(at)"), want: one("tables.orders.time", `"lower(at)" is no plain column name`)},
	"cast as time":             {set: edits("tables/orders/time", "at::timestamptz"), want: one("tables.orders.time", "is no plain column name"), bySemantic: true},
	"quoted column":            {set: edits("tables/orders/time", `"At"`), want: one("tables.orders.time", "without double quotes")},
	"time with a space behind": {set: edits("tables/orders/time", "at "), want: one("tables.orders.time", "white space"), bySemantic: true},
	"misspelt mode":            {set: edits("tables/orders/changes/mode", "append-only"), want: one("tables.orders.changes.mode", `"append-only" is unknown; did you mean "append_only"? (known are log, updated_at, append_only, none)`)},
	"changes without mode":     {set: edits("tables/orders/changes", map[string]any{}), want: one("tables.orders.changes.mode", "is missing")},
	"updated_at without column": {set: edits("tables/orders/changes", map[string]any{"mode": "updated_at"}),
		want: one("tables.orders.changes.column", "is missing; mode updated_at needs it")},
	"log with lateness":      {set: edits("tables/orders/changes/mode", "log"), want: one("tables.orders.changes.lateness", "mode log does not take this key")},
	"base of what is no log": {set: edits("tables/orders/changes/base", "orders_base"), want: one("tables.orders.changes.base", "mode append_only does not take this key; remove it")},
	"base of itself": {set: edits("tables/orders/changes", map[string]any{"mode": "log", "base": "Orders"}),
		want: one("tables.orders.changes.base", "is the relation itself; only a view has a base"), bySemantic: true},
	"base in another database": {set: edits("tables/orders/changes", map[string]any{"mode": "log", "base": "shop.public.orders"}),
		want: one("tables.orders.changes.base", "more than two parts")},
	"lateness of zero":  {set: edits("tables/orders/changes/lateness", "0s"), want: one("tables.orders.changes.lateness", `"0s": write a whole number`)},
	"column twice":      {set: edits("tables/orders/records", []any{"id", "total", "id"}), want: one("tables.orders.records[2]", `"id" is listed already, as tables.orders.records[0]`)},
	"records as a text": {set: edits("tables/orders/records", "id"), want: one("tables.orders.records", `is "id" where a list is expected`)},
	"no records":        {set: edits("tables/orders/records", []any{}), want: one("tables.orders.records", "is an empty list")},

	"link to nowhere":            {set: edits("tables/orders/link", "orders/{id}"), want: one("tables.orders.link", "write an absolute URL such as https://shop.example/orders/{id}")},
	"link to a script":           {set: edits("tables/orders/link", "javascript:alert({id})"), want: one("tables.orders.link", "write an absolute URL")},
	"link to any server":         {set: edits("tables/orders/link", "https://{id}/"), want: one("tables.orders.link", "the server cannot depend on a column")},
	"link to a chosen domain":    {set: edits("tables/orders/link", "https://shop{id}.example/"), want: one("tables.orders.link", "the server cannot depend on a column"), bySemantic: true},
	"link to a server's end":     {set: edits("tables/orders/link", "https://shop.example{id}/"), want: one("tables.orders.link", "the server cannot depend on a column"), bySemantic: true},
	"link to another server":     {set: edits("tables/orders/link", "//shop.example/{id}"), want: one("tables.orders.link", "write an absolute URL"), bySemantic: true},
	"link with a password":       {set: edits("tables/orders/link", "https://ada:x@shop.example/{id}"), want: one("tables.orders.link", "write an absolute URL"), bySemantic: true},
	"link with a variable":       {set: edits("tables/orders/link", "https://shop.example/$user/{id}"), want: one("tables.orders.link", "write %24 and %5B"), bySemantic: true},
	"link with a blank":          {set: edits("tables/orders/link", "https://shop.example/ {id}"), want: one("tables.orders.link", "it has a blank"), bySemantic: true},
	"link left open":             {set: edits("tables/orders/link", "https://shop.example/{id"), want: one("tables.orders.link", "a { begins no column"), bySemantic: true},
	"link closed twice":          {set: edits("tables/orders/link", "https://shop.example/{id}}"), want: one("tables.orders.link", "a } closes nothing"), bySemantic: true},
	"link without a column":      {set: edits("tables/orders/link", "https://shop.example/"), want: one("tables.orders.link", "names no column, so all rows would have the same page"), bySemantic: true},
	"link by a column not shown": {set: edits("tables/orders/link", "https://shop.example/{totl}"), want: one("tables.orders.link", `{totl} is no column of the table's records; did you mean "total"?`), bySemantic: true},
	"link without records":       {set: edits("tables/carts/link", "/d/carts?var-id={id}"), want: one("tables.carts.link", "{id} is no column of the table's records"), bySemantic: true},
	"link too long":              {set: edits("tables/orders/link", "https://shop.example/{id}?"+strings.Repeat("x", 2000)), want: one("tables.orders.link", "the limit is 2000")},
	"link with a wrong escape":   {set: edits("tables/orders/link", "https://shop.example/%zz/{id}"), want: one("tables.orders.link", "it is no URL: invalid URL escape"), bySemantic: true},

	"reserved dimension": {set: edits("tables/orders/dimensions/compare", map[string]any{"column": "c"}),
		want: one("tables.orders.dimensions.compare", `"compare" is a label that answers carry themselves`)},
	"dimension with underscores": {set: edits("tables/orders/dimensions/__x", map[string]any{"column": "c"}),
		want: one("tables.orders.dimensions.__x", "and all that begins with __")},
	"dimension of many words": {set: edits("tables/orders/dimensions/sales channel", map[string]any{"column": "c"}),
		want: one(`tables.orders.dimensions["sales channel"]`, `"sales channel" cannot name a dimension`)},
	"dimension without column": {set: edits("tables/orders/dimensions/channel/column", absent{}), want: one("tables.orders.dimensions.channel.column", "is missing")},
	"dimension on the role": {set: edits("tables/orders/dimensions/channel/column", "User"),
		want: one("tables.orders.dimensions.channel.column", "User means the connected role in SQL"), bySemantic: true},
	"numbers as values":  {set: edits("tables/orders/dimensions/channel/values", []any{1}), want: one("tables.orders.dimensions.channel.values[0]", `is 1 where a text is expected; write it in quotes: "1"`)},
	"a boolean as value": {set: edits("tables/orders/dimensions/channel/values", []any{false}), want: one("tables.orders.dimensions.channel.values[0]", `write it in quotes: "false"`)},
	"value twice":        {set: edits("tables/orders/dimensions/channel/values", []any{"a", "a"}), want: one("tables.orders.dimensions.channel.values[1]", `"a" is listed already`)},
	"empty value":        {set: edits("tables/orders/dimensions/channel/values", []any{""}), want: one("tables.orders.dimensions.channel.values[0]", "is an empty text")},
	"reserved value":     {set: edits("tables/orders/dimensions/channel/values", []any{`\(null)`}), want: one("tables.orders.dimensions.channel.values[0]", "is a label that answers use")},
	"value with NUL":     {set: edits("tables/orders/dimensions/channel/values", []any{"a\x00"}), want: one("tables.orders.dimensions.channel.values[0]", "NUL"), bySemantic: true},
	"look-back in months": {set: edits("tables/orders/dimensions/channel/lookback", "1M"),
		want: one("tables.orders.dimensions.channel.lookback", "such as 30m, 12h or 7d")},
	"look-back of a century": {set: edits("tables/orders/dimensions/channel/lookback", "36500d"),
		want: one("tables.orders.dimensions.channel.lookback", "more than the allowed"), bySemantic: true},

	"annotation name with a dot": {set: edits("annotations/a.b", map[string]any{"table": "orders", "title": "x", "help": "x"}),
		want: one(`annotations["a.b"]`, `"a.b" cannot name an annotation`)},
	"annotation without help":  {set: edits("annotations/refunds/help", absent{}), want: one("annotations.refunds.help", "say in a sentence what the events are")},
	"annotation without title": {set: edits("annotations/refunds/title", absent{}), want: one("annotations.refunds.title", "is missing; name a column or write a SQL expression")},
	"annotation without table": {set: edits("annotations/refunds/table", absent{}), want: one("annotations.refunds.table", "is missing; name a table")},
	"annotation of a misspelt table": {set: edits("annotations/refunds/table", "ordres"),
		want: one("annotations.refunds.table", `"ordres" is no table of this catalog; did you mean "orders"?`), bySemantic: true},
	"annotation of a table without time": {set: edits("annotations/refunds/table", "carts", "annotations/refunds/tags", absent{}),
		want: one("annotations.refunds.time", "is missing, and table carts declares no time either"), bySemantic: true},
	"annotation that ends as it begins": {set: edits("annotations/refunds/end", "created_at"),
		want: one("annotations.refunds.end", `"created_at" is the column of time too`), bySemantic: true},
	"annotation with two titles": {set: edits("annotations/refunds/title", "a, b"), want: one("annotations.refunds.title", "makes a list"), bySemantic: true},
	"annotation with an open condition": {set: edits("annotations/refunds/where", "(a"),
		want: one("annotations.refunds.where", "is not closed"), bySemantic: true},
	"annotation with an expression as end": {set: edits("annotations/refunds/end", "at + 1()"), want: one("annotations.refunds.end", "is no plain column name")},
	"misspelt tag": {set: edits("annotations/refunds/tags", []any{"chanel"}),
		want: one("annotations.refunds.tags[0]", `"chanel" is no dimension of table orders; did you mean "channel"?`), bySemantic: true},
	"tag twice": {set: edits("annotations/refunds/tags", []any{"channel", "channel"}), want: one("annotations.refunds.tags[1]", `"channel" is listed already`)},
	"misspelt key of an annotation": {set: edits("annotations/refunds/titel", "x"),
		want: one("annotations.refunds.titel", `unknown key; did you mean "title"?`)},

	"metric name with a hyphen": {set: edits("metrics/a-b", map[string]any{"type": "counter", "table": "orders", "help": "x"}), want: one(`metrics["a-b"]`, `"a-b" cannot name a metric`)},
	"no type":                   {set: edits("metrics/sold/type", absent{}), want: one("metrics.sold.type", "is missing; write one of counter, gauge, histogram, summary, ratio, distinct")},
	"misspelt type":             {set: edits("metrics/sold/type", "Countr"), want: one("metrics.sold.type", `"Countr" is unknown; did you mean "counter"?`)},
	"no help":                   {set: edits("metrics/sold/help", absent{}), want: one("metrics.sold.help", "is missing; say in a sentence")},
	"help of blanks":            {set: edits("metrics/sold/help", " \n "), want: one("metrics.sold.help", "is an empty text")},
	"no table":                  {set: edits("metrics/sold/table", absent{}), want: one("metrics.sold.table", "a metric of type counter needs it")},
	"misspelt table":            {set: edits("metrics/sold/table", "order"), want: one("metrics.sold.table", `"order" is no table of this catalog; did you mean "orders"?`), bySemantic: true},
	"no time anywhere":          {set: edits("metrics/sold/table", "carts"), want: one("metrics.sold.time", "is missing, and table carts declares no time either"), bySemantic: true},
	"gauge with time":           {set: edits("metrics/open/time", "at"), want: one("metrics.open.time", "a metric of type gauge does not take this key; it takes table, opened, closed, where, sum")},
	"gauge without closed":      {set: edits("metrics/open/closed", absent{}), want: one("metrics.open.closed", "a metric of type gauge needs it")},
	"gauge never open":          {set: edits("metrics/open/closed", "opened_at"), want: one("metrics.open.closed", "nothing would ever be open"), bySemantic: true},
	"histogram with sum":        {set: edits("metrics/spread/sum", "x"), want: one("metrics.spread.sum", "a metric of type histogram does not take this key")},
	"histogram with quantiles":  {set: edits("metrics/spread/quantiles", []any{0.5}), want: one("metrics.spread.quantiles", "does not take this key")},
	"histogram of nothing":      {set: edits("metrics/spread/observe", absent{}), want: one("metrics.spread.observe", "needs it")},
	"distinct of nothing":       {set: edits("metrics/people/column", absent{}), want: one("metrics.people.column", "needs it")},
	"ratio with a table":        {set: edits("metrics/ticket/table", "orders"), want: one("metrics.ticket.table", "a metric of type ratio does not take this key; it takes numerator, denominator")},
	"ratio without denominator": {set: edits("metrics/ticket/denominator", absent{}), want: one("metrics.ticket.denominator", "needs it")},
	"ratio of unknown":          {set: edits("metrics/ticket/denominator", "poeple"), want: one("metrics.ticket.denominator", `"poeple" is no metric of this catalog; did you mean "people"?`), bySemantic: true},
	"ratio of an alias":         {set: edits("metrics/ticket/numerator", "vendas"), want: one("metrics.ticket.numerator", `"vendas" is no metric of this catalog`), bySemantic: true},
	"ratio of itself":           {set: edits("metrics/ticket/denominator", "ticket"), want: one("metrics.ticket.denominator", `"ticket" is this metric itself`), bySemantic: true},
	"ratio of a ratio":          {set: edits("metrics/other", map[string]any{"type": "ratio", "numerator": "ticket", "denominator": "sold", "help": "x"}), want: one("metrics.other.numerator", `"ticket" is a ratio; a ratio divides counters, gauges and distinct metrics; divide the parts`), bySemantic: true},
	"ratio of a histogram":      {set: edits("metrics/ticket/numerator", "spread"), want: one("metrics.ticket.numerator", `"spread" is a histogram`), bySemantic: true},
	"ratio of one metric":       {set: edits("metrics/ticket/denominator", "sold"), want: one("metrics.ticket.denominator", "would always be 1"), bySemantic: true},
	"quantiles descending":      {set: edits("metrics/tail/quantiles", []any{0.9, 0.5}), want: one("metrics.tail.quantiles[1]", "0.5 does not ascend after 0.9"), bySemantic: true},
	"quantile of 1":             {set: edits("metrics/tail/quantiles", []any{0.5, 1}), want: one("metrics.tail.quantiles[1]", "1 is not between 0 and 1")},
	"quantile in percent":       {set: edits("metrics/tail/quantiles", []any{95}), want: one("metrics.tail.quantiles[0]", "write 0.95 for the 95th percentile")},
	"quantile as text":          {set: edits("metrics/tail/quantiles", []any{"0.95"}), want: one("metrics.tail.quantiles[0]", "where a number is expected")},
	"too many decimals":         {set: edits("metrics/sold/decimals", 21), want: one("metrics.sold.decimals", "21 is not between 0 and 20")},
	"decimals below zero":       {set: edits("metrics/sold/decimals", -1), want: one("metrics.sold.decimals", "-1 is not between 0 and 20")},
	"label of two lines":        {set: edits("metrics/sold/label", "a\nb"), want: one("metrics.sold.label", "control character"), bySemantic: true},
	"sum that escapes":          {set: edits("metrics/sold/sum", "total) from orders; --"), want: one("metrics.sold.sum", `')' closes nothing (character 6)`), bySemantic: true},
	"where with a parameter":    {set: edits("metrics/sold/where", "channel = $1"), want: one("metrics.sold.where", "a parameter such as $1"), bySemantic: true},
	"alias with a blank":        {set: edits("metrics/sold/aliases", []any{"a b"}), want: one("metrics.sold.aliases[0]", `"a b" cannot name a metric`)},
	"alias of another metric":   {set: edits("metrics/sold/aliases", []any{"open"}), want: one("metrics.sold.aliases[0]", `"open" names metric open already`), bySemantic: true},
	"alias like a prefixed":     {set: edits("metrics/sold/aliases", []any{"shop_open"}), want: one("metrics.sold.aliases[0]", `"shop_open" names metric open already`), bySemantic: true},
	"alias of its own":          {set: edits("metrics/sold/aliases", []any{"shop_sold"}), want: one("metrics.sold.aliases[0]", "names this metric already"), bySemantic: true},
	"alias twice":               {set: edits("metrics/sold/aliases", []any{"a", "a"}), want: one("metrics.sold.aliases[1]", "names this metric already")},
	"alias of two metrics":      {set: edits("metrics/tail/aliases", []any{"vendas"}), want: one("metrics.tail.aliases[0]", `"vendas" names metric sold already`), bySemantic: true},
	"prefixed name taken": {set: edits("metrics/shop_open", map[string]any{"type": "counter", "table": "orders", "help": "x"}),
		want: one("metrics.shop_open", "with the prefix in front, metric open has this name too"), bySemantic: true},

	"many at once": {
		set: edits("prefix", "9", "tables/orders/relation", "a.b.c", "tables/orders/dimensions/channel/colum", "x",
			"metrics/sold/table", "orderz", "metrics/open/type", "gage", "metrics/tail/observe", "(total", "metrics/ticket/numerator", "solt"),
		want: []Problem{
			{"metrics.open.type", message.Verbatim(`did you mean "gauge"?`)},
			{"metrics.sold.table", message.Verbatim(`did you mean "orders"?`)},
			{"metrics.tail.observe", message.Verbatim(`"(total": '(' is not closed (character 1)`)},
			{"metrics.ticket.numerator", message.Verbatim(`did you mean "sold"?`)},
			{"prefix", message.Verbatim(`"9" cannot begin`)},
			{"tables.orders.dimensions.channel.colum", message.Verbatim(`did you mean "column"?`)},
			{"tables.orders.relation", message.Verbatim("more than two parts")},
		},
	},
}

func TestParseReportsEveryProblemWithItsPath(t *testing.T) {
	t.Parallel()
	for name, test := range brokenCatalogs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse(edited(t, test.set))
			var found Errors
			require.ErrorAs(t, err, &found)
			require.Len(t, found, len(test.want), "%v", err)
			for i, want := range test.want {
				assert.Equal(t, want.Path, found[i].Path)
				assert.Contains(t, found[i].Message.String(), want.Message.String())
			}
		})
	}
}

// The editor in the browser checks references too; its tests read the same file.
func TestReferencesAreReportedInTheWordsThatTheEditorUses(t *testing.T) {
	t.Parallel()
	type broken struct {
		Set      map[string]any
		Problems map[string]string
	}
	var cases struct {
		Sound            json.RawMessage
		Broken, Doubtful map[string]broken
	}
	require.NoError(t, json.Unmarshal(fromFile(t, "references.yaml"), &cases))
	_, err := Parse(cases.Sound)
	require.NoError(t, err)
	require.NotEmpty(t, cases.Broken)
	require.NotEmpty(t, cases.Doubtful)
	maps.Copy(cases.Broken, cases.Doubtful)
	for name, test := range cases.Broken {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse(withValues(t, cases.Sound, test.Set))
			var found Errors
			require.ErrorAs(t, err, &found)
			problems := map[string]string{}
			for _, problem := range found {
				problems[problem.Path] = problem.Message.String()
			}
			assert.Equal(t, test.Problems, problems)
			assert.Len(t, found, len(problems))
		})
	}
}

func TestSchemaAgreesWithParseOnStructure(t *testing.T) {
	t.Parallel()
	schema := compiledSchema(t)
	for _, file := range []string{"example.yaml", "full.yaml"} {
		assert.NoError(t, schema.Validate(instance(t, fromFile(t, file))), file)
	}
	assert.NoError(t, schema.Validate(instance(t, edited(t, nil))))
	for name, test := range brokenCatalogs {
		err := schema.Validate(instance(t, edited(t, test.set)))
		if test.bySemantic {
			assert.NoError(t, err, "%s: the schema sees it after all; say so in the test", name)
		} else {
			assert.Error(t, err, "%s: the schema accepts what Parse refuses", name)
		}
	}
}

func TestSoundCatalogIsAccepted(t *testing.T) {
	t.Parallel()
	_, err := Parse(edited(t, nil))
	require.NoError(t, err)
}

func TestParseReportsKeysThatAreGivenTwice(t *testing.T) {
	t.Parallel()
	_, err := Parse(json.RawMessage(`{"version": 1, "version": 1, "timezone": "UTC", "tables": {"t": {"relation": "r", "time": "at"}},
		"metrics": {"m": {"type": "counter", "table": "t", "help": "h"}, "m": {"type": "counter", "table": "t", "help": "h"}}}`))
	assert.EqualError(t, err, "the catalog has 2 problems:\n- metrics.m: is given more than once\n- version: is given more than once")
}

func TestParseRefusesWhatIsNoCatalogAtAll(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		`{"version": 1`:                    "no valid JSON",
		`{"version": 1} {}`:                "more follows",
		`[1]`:                              "is a list where a group of keys is expected",
		`"version: 1"`:                     "write keys below it, not a block of text",
		strings.Repeat("[", 100_000):       "nested more than 10 levels deep",
		`"` + strings.Repeat("x", 1<<20):   "the limit is 1048576",
		`{"version": 1e999, "timezone":3}`: "where a text is expected",
	} {
		_, err := Parse(json.RawMessage(raw))
		var found Errors
		require.ErrorAs(t, err, &found, "%.40s", raw)
		assert.ErrorContains(t, err, want, "%.40s", raw)
	}
}

func TestErrorsShowAHundredProblemsAndCountTheRest(t *testing.T) {
	t.Parallel()
	metrics := map[string]any{}
	for i := range 2500 {
		metrics["metric_"+strings.Repeat("x", 80)+string(rune('a'+i%26))+time.Duration(i).String()] = map[string]any{"type": "ratio", "numerator": strings.Repeat("y", 100), "denominator": "z", "help": "h"}
	}
	start := time.Now()
	_, err := Parse(edited(t, edits("metrics", metrics)))
	assert.Less(t, time.Since(start), 20*time.Second, "a catalog full of mistakes is refused without a long search for what was meant")
	var found Errors
	require.ErrorAs(t, err, &found)
	require.Len(t, found, 101)
	assert.Regexp(t, `^and \d+ problems more$`, found[100].String())
}

func TestErrorsNameOneProblemOnOneLineAndSeveralInAList(t *testing.T) {
	t.Parallel()
	assert.EqualError(t, Errors{{"a.b", message.Verbatim("is wrong")}}, "the catalog has a problem: a.b: is wrong")
	assert.EqualError(t, Errors{{"", message.Verbatim("is odd")}, {"a", message.Verbatim("is wrong")}}, "the catalog has 2 problems:\n- is odd\n- a: is wrong")
}

func TestErrorsRepeatLongValuesInPart(t *testing.T) {
	t.Parallel()
	_, err := Parse(edited(t, edits("metrics/sold/table", strings.Repeat("ä", 100_000))))
	require.Error(t, err)
	assert.Less(t, len(err.Error()), 500)
}

func one(path, text string) []Problem { return []Problem{{path, message.Verbatim(text)}} }

func edits(pathsAndValues ...any) map[string]any {
	set := map[string]any{}
	for i := 0; i < len(pathsAndValues); i += 2 {
		set[pathsAndValues[i].(string)] = pathsAndValues[i+1]
	}
	return set
}

// edited is the sound catalog with some values set.
func edited(t testing.TB, set map[string]any) json.RawMessage {
	t.Helper()
	return withValues(t, fromYAML(t, soundCatalog), set)
}

// withValues is a catalog with some values set.
func withValues(t testing.TB, raw json.RawMessage, set map[string]any) json.RawMessage {
	t.Helper()
	var document map[string]any
	require.NoError(t, json.Unmarshal(raw, &document))
	for _, path := range slices.Sorted(maps.Keys(set)) {
		object, steps := document, strings.Split(path, "/")
		for _, step := range steps[:len(steps)-1] {
			object = object[step].(map[string]any)
		}
		key := steps[len(steps)-1]
		if _, ok := set[path].(absent); ok {
			delete(object, key)
		} else {
			object[key] = set[path]
		}
	}
	changed, err := json.Marshal(document)
	require.NoError(t, err)
	return changed
}

func compiledSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	file, err := os.Open(filepath.Join(".", schemaFile))
	require.NoError(t, err)
	defer func() { require.NoError(t, file.Close()) }()
	document, err := jsonschema.UnmarshalJSON(file)
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource(schemaFile, document))
	schema, err := compiler.Compile(schemaFile)
	require.NoError(t, err)
	return schema
}

func instance(t testing.TB, raw json.RawMessage) any {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(string(raw)))
	require.NoError(t, err)
	return document
}
