package query

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/message"
)

// Version is the version of the saved query's format that this code reads.
const Version = 1

// MaxQueryBytes bounds the JSON of one query.
const MaxQueryBytes = 256 << 10

// Fields that Grafana itself puts into a query: CommonQueryProperties of the
// plugin SDK, Explore's key, what DataSourceWithBackend and public dashboards
// add on the way, and the mark of a scene's own time comparison.
var grafanaFields = []string{
	"datasource", "datasourceId", "hide", "intervalMs", "key", "maxDataPoints",
	"queryCachingTTL", "resultAssertions", "timeRange", "timeRangeCompare",
}

// Decode reads the JSON of a query as a panel or rule saved it. It is strict:
// a field that is neither the query's nor Grafana's, a value of another JSON
// type, a NUL character and more than MaxQueryBytes are errors, all reported at
// once as Errors. null counts as absent, and an absent version as 1. Names are
// resolved by Validate.
func Decode(raw []byte) (*Query, error) {
	if len(raw) > MaxQueryBytes {
		return nil, Errors{{Message: message.New(
			"the query is %d bytes of JSON, and at most %d are accepted: shorten its filter values, or match many of them with one =~ filter", len(raw), MaxQueryBytes)}}
	}
	if !utf8.Valid(raw) {
		return nil, Errors{{Message: message.New("the query is not valid UTF-8; save the panel again")}}
	}
	var whole json.RawMessage
	if err := json.Unmarshal(raw, &whole); err != nil {
		return nil, Errors{{Message: message.New("the query is not valid JSON: %v", err)}}
	}
	if !bytes.HasPrefix(bytes.TrimSpace(whole), []byte("{")) {
		return nil, Errors{{Message: message.New("the query must be a JSON object, not %s", jsonKind(whole))}}
	}

	// Another version may have other fields, so their errors would mislead.
	q := &Query{Version: Version}
	var errs Errors
	version := object(message.Message{}, []field{{"version", integer(&q.Version)}}, true)
	if version(&errs, "", whole); len(errs) == 0 && q.Version != Version {
		errs.add("version", "%d is not a version that this plugin reads, which is %d: update the plugin, or save the query with this one", q.Version, Version)
	}
	if len(errs) > 0 {
		return nil, errs
	}

	object(message.Message{}, q.fields(), false)(&errs, "", whole)
	if len(errs) > 0 {
		return nil, errs
	}
	return q, nil
}

// fields lists the fields of a query, in the order in which errors read best.
func (q *Query) fields() []field {
	return []field{
		{"refId", text(&q.RefID)},
		{"queryType", text(&q.Type)},
		{"version", integer(&q.Version)},
		{"metrics", list(&q.Metrics, text)},
		{"view", text(&q.View)},
		{"groupBy", list(&q.GroupBy, text)},
		{"filters", list(&q.Filters, filter)},
		{"top", optional(&q.Top, func(t *Top) reader {
			return object(message.New("of top"), []field{
				{"limit", integer(&t.Limit)},
				{"others", boolean(&t.Others)},
			}, false)
		})},
		{"step", text(&q.Step)},
		{"reduce", text(&q.Reduce)},
		{"quantiles", list(&q.Quantiles, number)},
		{"exact", boolean(&q.Exact)},
		{"compare", list(&q.Compare, text)},
		{"partial", text(&q.Partial)},
		{"format", text(&q.Format)},
		{"legend", text(&q.Legend)},
		{"limit", integer(&q.Limit)},
		{"records", text(&q.Records)},
		{"bucket", optional(&q.Bucket, func(b *Bucket) reader {
			return object(message.New("of bucket"), []field{
				{"at", text(&b.At)},
				{"step", text(&b.Step)},
				{"since", optional(&b.Since, integer)},
				{"from", optional(&b.From, integer)},
				{"to", optional(&b.To, integer)},
				{"compare", text(&b.Compare)},
			}, false)
		})},
		{"kept", list(&q.Kept, labels)},
		{"annotation", text(&q.Annotation)},
	}
}

// DecodeFilters reads and checks a list of filters on the rows of one table,
// as a query writes them. Nothing and null are no filters. The error is Errors
// with all that is wrong.
func DecodeFilters(raw json.RawMessage, cat *catalog.Catalog, table *catalog.Table) ([]Filter, error) {
	q := &Query{}
	var errs Errors
	if len(raw) > 0 && !isNull(raw) {
		list(&q.Filters, filter)(&errs, "filters", raw)
	}
	if len(errs) > 0 {
		return nil, errs
	}
	v := &validation{query: q, catalog: cat, request: &Request{Catalog: cat, Table: table}}
	if v.filters(); len(v.errs) > 0 {
		return nil, v.errs
	}
	return v.request.Filters, nil
}

// A reader reads the JSON value at a path, or adds to the errors why it cannot.
type reader func(errs *Errors, path string, raw json.RawMessage)

// field is a key of an object and the reader of its value.
type field struct {
	name string
	read reader
}

// object reads an object with the given fields. what says whose fields they
// are; it is empty for the query itself, where Grafana's fields are known too.
// Others are errors unless they are to be left for later.
func object(what message.Message, fields []field, leaveOthers bool) reader {
	return func(errs *Errors, path string, raw json.RawMessage) {
		var values map[string]json.RawMessage
		if !read(errs, path, raw, &values, anObject) {
			return
		}
		known := make([]string, len(fields))
		for i, f := range fields {
			known[i] = f.name
			if value, ok := values[f.name]; ok && !isNull(value) {
				f.read(errs, join(path, f.name), value)
			}
		}
		if leaveOthers {
			return
		}
		unknown := 0
		for _, name := range slices.Sorted(maps.Keys(values)) {
			if slices.Contains(known, name) || what.IsZero() && slices.Contains(grafanaFields, name) {
				continue
			}
			// One slip is worth a hint, a foreign document is not worth a hundred.
			if unknown++; unknown > maxReported {
				break
			}
			hint := didYouMean(name, known).Or(message.New("; the fields are %s", strings.Join(known, ", ")))
			errs.add(path, "%s is not a field %s%s", quote(name), what.Or(message.New("of a query")), hint)
		}
	}
}

func optional[T any](dst **T, of func(*T) reader) reader {
	return func(errs *Errors, path string, raw json.RawMessage) {
		*dst = new(T)
		of(*dst)(errs, path, raw)
	}
}

func list[T any](dst *[]T, of func(*T) reader) reader {
	return func(errs *Errors, path string, raw json.RawMessage) {
		var values []json.RawMessage
		if !read(errs, path, raw, &values, aList) {
			return
		}
		*dst = make([]T, len(values))
		for i, value := range values {
			of(&(*dst)[i])(errs, fmt.Sprintf("%s[%d]", path, i), value)
		}
	}
}

func filter(f *Filter) reader {
	return object(message.New("of a filter"), []field{
		{"key", text(&f.Key)},
		{"operator", text(&f.Operator)},
		{"values", list(&f.Values, text)},
	}, false)
}

// labels reads an object whose fields are dimensions and whose values are labels.
func labels(dst *map[string]string) reader {
	return func(errs *Errors, path string, raw json.RawMessage) {
		var values map[string]json.RawMessage
		if !read(errs, path, raw, &values, anObject) {
			return
		}
		*dst = make(map[string]string, len(values))
		for _, name := range slices.Sorted(maps.Keys(values)) {
			var label string
			text(&label)(errs, join(path, name), values[name])
			(*dst)[name] = label
		}
	}
}

func text[T ~string](dst *T) reader {
	return func(errs *Errors, path string, raw json.RawMessage) {
		var s string
		if !read(errs, path, raw, &s, aString) {
			return
		}
		if strings.ContainsRune(s, 0) {
			errs.add(path, "%s contains a NUL character, which no text in PostgreSQL can: remove it", quote(s))
			return
		}
		*dst = T(s)
	}
}

func boolean(dst *bool) reader {
	return func(errs *Errors, path string, raw json.RawMessage) {
		read(errs, path, raw, dst, trueOrFalse)
	}
}

func number(dst *float64) reader {
	return func(errs *Errors, path string, raw json.RawMessage) {
		read(errs, path, raw, dst, aNumber)
	}
}

func integer(dst *int) reader {
	return func(errs *Errors, path string, raw json.RawMessage) {
		n, err := strconv.Atoi(string(bytes.TrimSpace(raw)))
		if err != nil {
			errs.add(path, "must be a whole number, not %s", jsonKind(raw))
			return
		}
		*dst = n
	}
}

// read decodes raw, which is valid JSON, into dst. On the wrong JSON type it
// adds an error that says what was wanted. null is the wrong type: readers of
// objects leave it out, and in a list it stands for nothing.
func read(errs *Errors, path string, raw json.RawMessage, dst any, want message.Message) bool {
	if !isNull(raw) && json.Unmarshal(raw, dst) == nil {
		return true
	}
	errs.add(path, "must be %s, not %s", want, jsonKind(raw))
	return false
}

func isNull(raw json.RawMessage) bool { return string(bytes.TrimSpace(raw)) == "null" }

var (
	anObject    = message.New("an object")
	aList       = message.New("a list")
	aString     = message.New("a string")
	aNumber     = message.New("a number")
	trueOrFalse = message.New("true or false")
)

// jsonKind describes a JSON value for an error: short ones by themselves.
func jsonKind(raw json.RawMessage) message.Message {
	raw = bytes.TrimSpace(raw)
	switch raw[0] {
	case '{':
		return anObject
	case '[':
		return aList
	case '"':
		var s string
		if json.Unmarshal(raw, &s) == nil {
			return message.New("the string %s", quote(s))
		}
		return aString
	}
	return message.Verbatim(string(raw[:min(len(raw), 40)]))
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
