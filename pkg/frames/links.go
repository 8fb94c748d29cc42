package frames

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/query"
)

// Source is the data source to which links in frames lead. The zero value is
// none, and its frames have no links to rows.
type Source struct{ UID, Name string }

// What Grafana replaces in a link by the point that was clicked: the time of
// its row, and the label in a column of its row.
const clickedTime = "${__value.time}"

func clickedLabel(name string) string { return `${__data.fields["` + name + `"].text}` }

// variables matches what Grafana would take for a variable in any other text of
// a link (variableRegex in public/app/features/variables/utils.ts), and a
// little more.
var variables = regexp.MustCompile(`\$\w|\$\{|\[\[\w`)

// links makes the links of an answer's values to the rows behind them.
type links struct {
	source Source
	answer *query.Answer
}

// ofSeries links the values of a series.
func (l links) ofSeries(s *query.Series) []data.DataLink {
	return l.of(query.Point{Metric: s.Metric, View: s.View, Labels: s.Labels, At: clickedTime, Others: s.IsOthers()})
}

// ofColumn links the values of a metric in a table, whose rows hold the labels.
func (l links) ofColumn(metric *catalog.Metric, view catalog.View, names []string) []data.DataLink {
	p := query.Point{Metric: metric, View: view, At: clickedTime, Others: l.answer.HasOthers()}
	for _, name := range names {
		p.Labels = append(p.Labels, query.Label{Name: name, Value: clickedLabel(name)})
	}
	return l.of(p)
}

func (l links) of(p query.Point) []data.DataLink {
	if l.source == (Source{}) {
		return nil
	}
	drill, ok := l.answer.Drill(p)
	if !ok || hasVariables(drill) {
		return nil
	}
	return []data.DataLink{{
		Title:    "Rows behind this value",
		Internal: &data.InternalDataLink{Query: drill, DatasourceUID: l.source.UID, DatasourceName: l.source.Name},
	}}
}

// hasVariables reports whether Grafana would replace a part of the query that
// means itself: a text in which it sees a variable cannot be escaped. No link
// is better than one to other rows.
func hasVariables(drill *query.Query) bool {
	for _, f := range drill.Filters {
		for _, value := range f.Values {
			if value != clickedLabel(f.Key) && variables.MatchString(value) {
				return true
			}
		}
	}
	for _, group := range drill.Kept {
		for _, label := range group {
			if variables.MatchString(label) {
				return true
			}
		}
	}
	return false
}

// recordLink is the link of a row to its own page, by the table's template.
func recordLink(table *catalog.Table, fields data.Fields) []data.DataLink {
	if table == nil || table.Link == "" {
		return nil
	}
	var url strings.Builder
	for _, part := range table.LinkParts() {
		if part.Column == "" {
			url.WriteString(part.Text)
			continue
		}
		for i, field := range fields {
			if field.Name == part.Column {
				url.WriteString(clickedCell(i, field))
			}
		}
	}
	return []data.DataLink{{Title: "Open ${__value.text}", URL: url.String(), TargetBlank: true}}
}

// plainName matches the names that the path of a variable can hold.
var plainName = regexp.MustCompile(`^[\w .-]+$`)

// clickedCell is what Grafana replaces by the value of a field in the row that
// was clicked, encoded for a URL. Of a number it is not the text that is shown,
// which may be rounded or have a unit.
func clickedCell(index int, field *data.Field) string {
	path := strconv.Itoa(index)
	if plainName.MatchString(field.Name) {
		path = strconv.Quote(field.Name)
	}
	form := "text"
	if field.Type().Numeric() || field.Type().Time() {
		form = "numeric"
	}
	return fmt.Sprintf("${__data.fields[%s].%s:percentencode}", path, form)
}
